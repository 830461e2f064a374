// What the keeper knows of each command, from its launch until the supervisor says to forget it.
//
// Shared by the loop and the spawners: every function locks. Descriptors are closed outside the lock.
#pragma once

#include <sys/types.h>

#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"
#include "process/keeper/handover.h"
#include "process/keeper/kept_pen.h"
#include "process/keeper_protocol.h"

namespace coppice::process {

class JobTable {
 public:
  enum class Phase {
    launching,  // a spawner has it
    live,       // its main process has executed and has not been reaped
    dying,      // its start failed, and the child has not been reaped
    over,       // nothing of it is alive; the status waits to be forgotten
  };

  // False when the key is in use. `pen` may own nothing.
  bool begin(Key key, UniqueFd pen);

  // The spawner's result. Zeroes `newborn` under the lock: a pid is known here or there at any time.
  void executed(const Launched& launched, UniqueFd pidfd, pid_t& newborn);
  void child_failed(Key key, pid_t pid, UniqueFd pidfd, const Failed& failure, pid_t& newborn);
  // Nothing was started.
  void not_started(Key key, const Failed& failure);
  // A process that is not to be started. `foreign`: somebody else's child. False when the key is in use.
  bool adopt(const Launched& launched, UniqueFd pidfd, UniqueFd pen, bool foreign);

  // How its exit is noticed. `events`, which is right for our own children, until something else is said.
  enum class Watch {
    events,   // by an event of its pidfd, which is watched or will be at once
    sweep,    // the pidfd cannot be watched (no memory): the sweep has to find the exit
    foreign,  // by the event that somebody else has reaped it; or by the sweep, should it become our child
  };
  void set_watch(Key key, Watch watch);

  // 0, or the errno of the attempt; ESRCH unless live. Cannot hit another process: only the loop reaps, and
  // it does so under this lock (K4); one of somebody else's is known by its pidfd.
  int signal(Key key, int signal);

  void forget(Key key);

  // What a new supervisor has to be told, each state after those that it came from.
  std::vector<Report> states() const;
  // The highest key that was ever begun.
  Key last_key() const;

  // Collects the exit if there is one. The report to send: none while it lives, or when the
  // supervisor has forgotten it already.
  std::optional<Report> reap(Key key);

  // One step of the sweep for orphans, on the main thread, which adopts them: finds a zombie child and reaps it, unless
  // it is a main process, which has its own way. Nothing when there is no zombie. Main processes are children of the
  // spawners and cost nothing here, unless one is left to the sweep: then it is O(children).
  enum class Swept {
    orphan,     // reaped
    elsewhere,  // the child of a spawner at work, or whatever `is_taken` says: an event for it will come
    watched,    // a main process, whose pidfd will say so
    unwatched,  // a main process that is left to the sweep
  };
  struct SweptProcess {
    Swept kind;
    Key key = 0;  // of a main process
  };
  std::optional<SweptProcess> sweep(const std::function<bool(pid_t)>& is_taken);

  // For another keeper to go on with: everything that is not forgotten, the descriptors borrowed. Nothing when a start is
  // under way.
  std::optional<std::vector<KeptCommand>> keep();
  // Takes one on from the keeper before, with the ownership of its descriptors. Watching its exit is the caller's.
  void restore(const KeptCommand& command);
  // Keys up to this one have been used.
  void raise_last_key(Key key);

  // For the end. Kills what is not forgotten by its pen and its pidfd; how many of those commands still
  // ran, the ones in the hands of a spawner included.
  std::size_t kill_running();
  // How many are not forgotten.
  std::size_t size() const;
  // Removes the pens of what is over, as far as they are empty.
  void remove_pens();

 private:
  struct Job {
    Phase phase = Phase::launching;
    bool forgotten = false;
    Watch watch = Watch::events;
    bool foreign = false;
    pid_t pid = 0;  // 0 once reaped
    UniqueFd pidfd;
    KeptPen pen;
    Launched launched;  // if it ever was
    Report report;      // Failed or Exited, once dying or over
  };

  static std::optional<Exited> collect(const Job& job);
  void set_pid(Job& job, Key key, pid_t pid);

  mutable std::mutex mutex_;
  std::unordered_map<Key, Job> jobs_;
  // Those that have not been reaped.
  std::unordered_map<pid_t, Key> pids_;
  // Some main process is, or was, left to the sweep.
  bool swept_for_mains_ = false;
  Key last_key_ = 0;
};

}  // namespace coppice::process
