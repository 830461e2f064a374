// history.db and the logs of the jobs in it, as the history's own thread knows them. It opens the database, sets it
// aside when it is damaged, and keeps count.
//
// One thread at a time. Unless said otherwise everything throws DatabaseError, and NewerSchema where the database
// had to be opened again; what throws has changed nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/job.h"
#include "daemon/history/bounds.h"
#include "daemon/history/damaged.h"
#include "daemon/history/filter.h"
#include "daemon/history/log_directories.h"
#include "daemon/history/row.h"
#include "daemon/history/rows.h"
#include "daemon/history/schema.h"

namespace coppice::daemon {

class Store {
 public:
  // A sentence for the administrator.
  using Say = std::function<void(const std::string&)>;

  // Below `directory`, which exists: history.db, and jobs/ with the logs. `steps` must outlive this.
  Store(const std::string& directory, Say say, SchemaSteps steps = schema_steps());

  // Makes sure that the database is open; everything below does.
  void open();

  // All of them in one transaction.
  void write(const std::vector<HistoryRow>& rows);
  std::optional<HistoryRow> find(const std::string& id);
  std::optional<HistoryRow> find_key(uid_t owner, const std::string& key);
  HistoryPage page(const HistoryFilter& filter, const std::string& after, std::size_t most);
  bool has(const std::string& id);

  // With their logs; those that were there.
  std::vector<std::string> remove(const std::vector<std::string>& ids);
  // Likewise, at most `most` of those that ended before (microseconds since the epoch), with `owner` of that user's.
  std::vector<std::string> remove_before(std::int64_t before, std::optional<uid_t> owner, std::size_t most);
  // Likewise, at most `most` of those that are too many by `bounds`, the first to end first.
  std::vector<std::string> forget_surplus(const HistoryBounds& bounds, config::Time now, std::size_t most);
  // When the first of them ended.
  std::optional<config::Time> first_end();

  Totals totals() const { return totals_; }
  const LogDirectories& logs() const { return logs_; }
  // Removes a job's logs that have no row, or moves them to the database that was set aside, if there is one.
  void discard_logs(const std::string& id);

 private:
  Database& opened();
  void set_up();
  void put_aside(const std::string& reason);
  template <class Work>
  auto use(Work work);
  std::vector<std::string> remove_rows(Database& database, const std::vector<std::string>& ids);

  std::string path_;
  LogDirectories logs_;
  Say say_;
  SchemaSteps steps_;
  std::optional<Database> database_;
  Totals totals_;
};

}  // namespace coppice::daemon
