#include "daemon/history/schema.h"

#include <string>

namespace coppice::daemon {

void migrate(Database& database, SchemaSteps steps) {
  const auto newest = static_cast<std::int64_t>(steps.size());
  const std::int64_t version = database.number("PRAGMA user_version");
  if (version > newest)
    throw NewerSchema("it has version " + std::to_string(version) + ", and this coppiced knows versions up to " +
                      std::to_string(newest));
  for (std::int64_t next = version + 1; next <= newest; ++next) {
    Transaction transaction(database);
    database.run(std::string(steps[static_cast<std::size_t>(next - 1)]));
    database.run("PRAGMA user_version = " + std::to_string(next));
    transaction.commit();
  }
}

}  // namespace coppice::daemon
