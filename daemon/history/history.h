// The history: every job that has ended, in a database on the disk, until the bounds or somebody removes it.
//
// It owns the thread that works on the database and on the directories of the logs; all of this is for the control
// thread, and nothing here blocks it but the constructor and the destructor. What ends within a moment goes into one
// commit together. When the database cannot be written (a full disk) rows wait in memory, up to a cap,
// and jobs are not affected (D5).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/history/store.h"
#include "daemon/notifier.h"
#include "daemon/output/run_on.h"
#include "daemon/output/worker.h"

namespace coppice::daemon {

class History {
 public:
  struct Settings {
    // Has history.db and jobs/.
    std::string directory;
    HistoryBounds bounds;
    // Rows that wait for a disk that takes them; beyond either the oldest are given up.
    std::size_t most_waiting = 10'000;
    std::size_t most_waiting_bytes = 64u << 20;
    // After a failure; doubled up to a minute.
    std::chrono::milliseconds first_retry{1000};
    SchemaSteps schema = schema_steps();
  };

  // Called on the control thread, with ids.
  struct Listener {
    // They are in the database by now, or had to be given up.
    std::function<void(const std::vector<std::string>&)> settled;
    // They and their logs are no more, by the bounds or because they had to be given up.
    std::function<void(const std::vector<std::string>&)> forgotten;
  };

  // Opens the database. One that is damaged is set aside, and one that cannot be opened now is tried again later; `say`
  // is told, from any thread. Throws std::runtime_error for one that a later daemon wrote, std::system_error for want
  // of a thread.
  History(asio::io_context& control, Settings settings, Listener listener, Store::Say say);
  // Writes what waits.
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // Of a job that is over. One that is there already stays as it is.
  void add(HistoryRow row);
  // Returns when what has been added before is in the database, or had to be given up.
  asio::awaitable<void> committed();

  // From now on; what is too much by them goes at once.
  void change_bounds(const HistoryBounds& bounds);

  // In the database alone: what has ended just now may still be under way there, and the table of jobs has it. All
  // of these throw std::runtime_error if the database cannot be read or written.
  asio::awaitable<std::optional<HistoryRow>> find(std::string id);
  // The latest with that key.
  asio::awaitable<std::optional<HistoryRow>> find_key(uid_t owner, std::string key);
  // The next piece of what `filter` wants, behind `after`: the last page's `next`, empty for the first.
  asio::awaitable<HistoryPage> page(HistoryFilter filter, std::string after);
  // Forgets them with their logs, wherever they are; how many the database had.
  asio::awaitable<std::size_t> remove(std::vector<std::string> ids);
  // The same for all that ended before (microseconds since the epoch), with `owner` that user's.
  asio::awaitable<std::size_t> remove_before(std::int64_t before, std::optional<uid_t> owner);

  // Removes the logs of jobs that are neither in the database nor known to `known`, which is asked on the control
  // thread. Call it when every job that lives is known. If a damaged database has been set aside and is still there,
  // they are moved beside it instead.
  asio::awaitable<void> sweep_orphaned_logs(std::function<bool(const std::string&)> known);

 private:
  struct Waiting {
    HistoryRow row;
    std::uint64_t number = 0;
    std::size_t bytes = 0;
  };
  using Batch = std::vector<Waiting>;

  // Runs `work` with the store on the thread of the history.
  template <class Work>
  auto ask(Work work) -> asio::awaitable<decltype(work(std::declval<Store&>()))>;
  // Runs `work` there and `then` with what it answers on the control thread, unless this is gone by then.
  template <class Work, class Then>
  void post(Work work, Then then);
  // Soon, with what ends until then; unless one is under way, or the last one failed.
  void commit();
  void write_batch();
  void commit_done(Batch batch, const std::string& failure);
  void take_back(Batch batch);
  void note_failure(const std::string& failure);
  void note_success();
  void give_up_oldest();
  void retry_later();
  void retain();
  void retain_later(std::optional<config::Time> first_end);
  std::uint64_t oldest_waiting() const;

  asio::io_context& control_;
  Settings settings_;
  Listener listener_;
  Store::Say say_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t added_ = 0;
  // The number of the first row of the commit that is under way; 0 if there is none.
  std::uint64_t writing_ = 0;
  // Removed while they were being written.
  std::set<std::string> removed_;
  bool failing_ = false;
  std::uint64_t given_up_ = 0;
  bool retaining_ = false;
  // The bounds have changed since that began.
  bool rebound_ = false;
  bool retention_failing_ = false;
  std::chrono::milliseconds retry_after_;
  asio::steady_timer retry_;
  // A commit is due.
  bool gathering_ = false;
  asio::steady_timer gathered_;
  asio::steady_timer retention_;
  Notifier changed_;
  // Goes with this: what comes back later finds it gone.
  std::shared_ptr<History*> self_ = std::make_shared<History*>(this);
  Store store_;
  // Behind the store: it joins before that goes.
  Worker worker_;
};

}  // namespace coppice::daemon
