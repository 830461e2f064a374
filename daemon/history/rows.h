// Writing, finding and forgetting rows of the history: the SQL. Everything throws DatabaseError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/history/database.h"
#include "daemon/history/filter.h"
#include "daemon/history/row.h"

namespace coppice::daemon {

struct Totals {
  std::int64_t jobs = 0;
  std::int64_t bytes = 0;
};

// Those of the whole database. O(rows).
Totals count_rows(Database& database);

// Writes it unless it is there, with `log_bytes` as what its logs take; what that adds to the totals. In a transaction
// of the caller.
Totals insert_row(Database& database, const HistoryRow& row, std::int64_t log_bytes);

bool has_row(Database& database, std::string_view id);
// A job whose text is not understood counts as none.
std::optional<HistoryRow> find_row(Database& database, std::string_view id);
// The latest with that key.
std::optional<std::string> find_id_of_key(Database& database, uid_t owner, std::string_view key);

struct RowSize {
  std::string id;
  std::int64_t bytes = 0;
};

// The first to have ended, at most `most` of them; with `before`, of those that ended before (microseconds since the
// epoch). With `owner` any of that user's.
std::vector<RowSize> first_ended(Database& database, std::int64_t most, std::optional<std::int64_t> before = {},
                                 std::optional<uid_t> owner = {});
// When the first of all ended, in microseconds since the epoch.
std::optional<std::int64_t> first_end(Database& database);

// What that takes from the totals; nothing for one that is not there. In a transaction of the caller.
Totals delete_row(Database& database, std::string_view id);

// At most `most` entries, from where `after` (empty: the beginning) says. Looks at a bounded number of rows, so
// that nobody else waits long.
HistoryPage read_page(Database& database, const HistoryFilter& filter, const std::string& after, std::size_t most);

}  // namespace coppice::daemon
