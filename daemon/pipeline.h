// The commands of one job as the keeper runs them: one, or several from left to right, all in one pen.
//
// They are launched one after the other, each only when the one before has been executed. One thread;
// owned by the job's run, which forgets them when nothing of the job is alive.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "daemon/bequest.h"
#include "daemon/inheritance.h"
#include "daemon/job_record.h"
#include "daemon/keeper_client.h"
#include "daemon/notifier.h"
#include "process/launch.h"

namespace coppice::daemon {

// Borrowed: standard input, output and error of one command.
struct CommandStreams {
  int input = -1;
  int output = -1;
  int error = -1;
};

class Pipeline {
 public:
  // `wake` is notified at each change of a command. Both outlive this. The commands have the key `first_key` and
  // those behind it, reserved for them.
  Pipeline(KeeperClient& keeper, Notifier& wake, std::size_t commands, process::Key first_key);

  std::size_t size() const { return commands_.size(); }
  // How many have been asked for; the next has this index.
  std::size_t launched() const { return launched_; }
  bool complete() const { return launched_ == size(); }

  // Asks for the next one. Its streams are copied for the keeper within the call. Throws std::system_error for a
  // shortage; then nothing was asked for.
  void launch(const process::Launch& launch, int pen, const CommandStreams& streams);

  // In place of launch(): an earlier supervisor has asked for the next one, and this is what became of it. `pen` is
  // borrowed, -1 for none. Throws std::system_error for a shortage.
  void take_over(const InheritedCommand& command, int pen);

  // The one asked for last has been neither executed nor refused.
  bool launching() const;
  // Why the one asked for last was refused; nothing if it was not.
  const std::optional<process::Failed>& failure() const;

  // Whether a process may have run at all.
  bool has_run() const;
  // Whether one is still unaccounted for.
  bool pending() const;
  // Every command was executed and has exited.
  bool over() const;

  // To the main process of each command that is alive.
  void signal(int signo);
  // Of all that have been executed, those that have exited since included.
  std::vector<MainProcess> mains() const;
  // Of one that has exited it is not known how: its keeper died before it.
  bool lost() const;
  // Wait status of each, in order; nothing for one that never ran.
  std::vector<std::optional<int>> statuses() const;

  // For another keeper, whose children they are not. Those that the dead one was about to start are nobody's.
  void bequeath(int pen, Bequest& bequest) const;

  // The keeper may forget all of them.
  void forget();
  // Forgets them, and none has been asked for. The next have these keys.
  void start_over(process::Key first_key);

 private:
  KeeperClient& keeper_;
  process::Key first_key_;
  std::size_t launched_ = 0;
  // Never grows: the keeper's client points into it.
  std::vector<CommandProcess> commands_;
};

}  // namespace coppice::daemon
