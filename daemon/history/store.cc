#include "daemon/history/store.h"

#include <system_error>
#include <utility>

#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

// A reader of the database, sqlite3(1) say, goes on while we write (WAL). A commit is not waited for until it is on
// the disk: it survives our death, and a loss of power costs the last commits and never the database.
constexpr char kSettings[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 16777216;";

}  // namespace

Store::Store(const std::string& directory, Say say, SchemaSteps steps)
    : path_(directory + "/history.db"), logs_(directory + "/jobs"), say_(std::move(say)), steps_(steps) {}

void Store::open() { static_cast<void>(opened()); }

Database& Store::opened() {
  if (database_) return *database_;
  try {
    set_up();
  } catch (const DatabaseError& error) {
    database_.reset();
    if (!error.unusable()) throw;
    put_aside(error.what());
    set_up();
  } catch (...) {
    database_.reset();
    throw;
  }
  return *database_;
}

void Store::set_up() {
  database_.emplace(path_);
  database_->require_writable();
  // Before anything is written: a newer one must not be touched.
  migrate(*database_, steps_);
  database_->run(kSettings);
  totals_ = count_rows(*database_);
}

void Store::put_aside(const std::string& reason) {
  try {
    const std::string name = set_aside(path_);
    say_("the history \"" + path_ + "\" cannot be used (" + reason + "): it has been set aside as \"" + name +
         "\" and a new one begins; logs of jobs that it alone knows will be in \"" + name + ".logs\"");
  } catch (const std::system_error& error) {
    throw DatabaseError(reason + "; and it cannot be set aside: " + error.what(), SQLITE_IOERR, error.code().value());
  }
}

// The work is done, on a new database if the present one turns out to be corrupt. After most other failures it
// is opened anew the next time: who mends the disk may have put another file there.
template <class Work>
auto Store::use(Work work) {
  try {
    return work(opened());
  } catch (const DatabaseError& error) {
    if (!error.harmless()) database_.reset();
    if (!error.corrupt()) throw;
    put_aside(error.what());
  }
  return work(opened());
}

void Store::write(const std::vector<HistoryRow>& rows) {
  std::vector<std::int64_t> log_bytes;
  log_bytes.reserve(rows.size());
  for (const auto& row : rows)
    log_bytes.push_back(row.kept.output || row.kept.error ? logs_.bytes_of(row.job->id) : 0);
  use([&](Database& database) {
    Transaction transaction(database);
    Totals more;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Totals added = insert_row(database, rows[i], log_bytes[i]);
      more.jobs += added.jobs;
      more.bytes += added.bytes;
    }
    transaction.commit();
    totals_.jobs += more.jobs;
    totals_.bytes += more.bytes;
    return true;
  });
}

std::optional<HistoryRow> Store::find(const std::string& id) {
  return use([&](Database& database) { return find_row(database, id); });
}

std::optional<HistoryRow> Store::find_key(uid_t owner, const std::string& key) {
  return use([&](Database& database) {
    const auto id = find_id_of_key(database, owner, key);
    return id ? find_row(database, *id) : std::nullopt;
  });
}

HistoryPage Store::page(const HistoryFilter& filter, const std::string& after, std::size_t most) {
  return use([&](Database& database) { return read_page(database, filter, after, most); });
}

bool Store::has(const std::string& id) {
  return use([&](Database& database) { return has_row(database, id); });
}

// The row goes first: logs without a row are found by the sweep, a row without logs would promise too much.
std::vector<std::string> Store::remove_rows(Database& database, const std::vector<std::string>& ids) {
  std::vector<std::string> removed;
  Totals less;
  Transaction transaction(database);
  for (const auto& id : ids) {
    const Totals gone = delete_row(database, id);
    if (gone.jobs == 0) continue;
    less.jobs += gone.jobs;
    less.bytes += gone.bytes;
    removed.push_back(id);
  }
  transaction.commit();
  totals_.jobs -= less.jobs;
  totals_.bytes -= less.bytes;
  for (const auto& id : removed) logs_.remove(id);
  return removed;
}

std::vector<std::string> Store::remove(const std::vector<std::string>& ids) {
  return use([&](Database& database) { return remove_rows(database, ids); });
}

std::vector<std::string> Store::remove_before(std::int64_t before, std::optional<uid_t> owner, std::size_t most) {
  return use([&](Database& database) {
    std::vector<std::string> ids;
    for (auto& row : first_ended(database, static_cast<std::int64_t>(most), before, owner))
      ids.push_back(std::move(row.id));
    return remove_rows(database, ids);
  });
}

std::vector<std::string> Store::forget_surplus(const HistoryBounds& bounds, config::Time now, std::size_t most) {
  return use([&](Database& database) {
    const std::int64_t oldest = api::to_wire(now - bounds.age);
    std::vector<std::string> ids;
    for (auto& row : first_ended(database, static_cast<std::int64_t>(most), oldest)) ids.push_back(std::move(row.id));
    if (ids.empty()) {
      Totals left = totals_;
      if (left.jobs <= bounds.jobs && left.bytes <= bounds.bytes) return ids;
      for (auto& row : first_ended(database, static_cast<std::int64_t>(most))) {
        if (left.jobs <= bounds.jobs && left.bytes <= bounds.bytes) break;
        --left.jobs;
        left.bytes -= row.bytes;
        ids.push_back(std::move(row.id));
      }
    }
    return remove_rows(database, ids);
  });
}

std::optional<config::Time> Store::first_end() {
  return use([&](Database& database) -> std::optional<config::Time> {
    const auto end = daemon::first_end(database);
    if (!end) return std::nullopt;
    return config::Time(std::chrono::microseconds(*end));
  });
}

void Store::discard_logs(const std::string& id) {
  const auto aside = latest_set_aside(path_);
  if (!aside || !logs_.move(id, *aside + ".logs")) logs_.remove(id);
}

}  // namespace coppice::daemon
