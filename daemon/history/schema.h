// The schema of history.db, and how an older one becomes the present one.
//
// sql/N.sql leads from version N-1 to version N; version 0 is an empty file. A version that has been released never
// changes. The version of a database is its PRAGMA user_version.
#pragma once

#include <span>
#include <stdexcept>
#include <string_view>

#include "daemon/history/database.h"

namespace coppice::daemon {

using SchemaSteps = std::span<const std::string_view>;

// Those of sql/, in order.
SchemaSteps schema_steps();

// A later daemon wrote it: it is not damaged, and must not be touched.
class NewerSchema : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Leads the database to the last version, each step in a transaction of its own. Throws NewerSchema, DatabaseError.
void migrate(Database& database, SchemaSteps steps);

}  // namespace coppice::daemon
