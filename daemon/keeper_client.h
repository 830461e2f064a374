// The supervisor's end of the line to the keeper.
//
// It sends launches, signals and acknowledgements, and tells each CommandProcess what became of it. What the keeper
// kept from the supervisor before this one comes with greet().
// One thread, the io_context's. Nothing here blocks but greet(), farewell() and await_death(): packets that the socket does
// not take at once wait in a queue, with descriptors of their own.
#pragma once

#include <sys/types.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/unique_fd.h"
#include "daemon/command_state.h"
#include "daemon/notifier.h"
#include "process/keeper_protocol.h"

namespace coppice::daemon {

// Owned by its job; must outlive forget().
struct CommandProcess : CommandState {
  // Notified at each change of the phase.
  Notifier* wake = nullptr;
};

// A command of the supervisor before this one, as the keeper knows it.
using HandedCommand = CommandState;

// What the keeper kept. Nothing, and restarts 0, for the first supervisor.
struct Handover {
  // How often a supervisor was started again.
  std::uint32_t restarts = 0;
  // The highest key that the keeper has ever seen.
  process::Key last_key = 0;
  std::unordered_map<process::Key, HandedCommand> commands;
  // Close-on-exec. They are copies: the keeper holds its own until drop().
  std::map<process::Box, std::map<process::Tag, UniqueFd>> boxes;
};

class KeeperClient {
 public:
  // Takes the socket that the keeper left for us. `lost` is called once if the keeper goes away or
  // breaks the protocol; from then on nothing is delivered.
  KeeperClient(asio::io_context& context, UniqueFd socket, std::function<void()> lost);

  // Says hello and takes the hand-over, blocking. Throws std::runtime_error if what answers is not
  // our keeper, or hands over more than this process may have open. Only at start-up, once. A command of the hand-over
  // is to be given to adopt() or forget_handed(); what happens to it until then is not lost.
  Handover greet();
  pid_t keeper_pid() const { return keeper_pid_; }
  // Whether it has died, or does so within the bound: between its hanging up and its death the kernel closes what it held.
  // Blocks; for when it is lost.
  bool await_death(std::chrono::milliseconds bound) const;

  // Whether that is the process of a command that runs, as far as has been heard.
  bool runs(pid_t pid) const { return running_.contains(pid); }

  // Begins to read; before this nothing is delivered.
  void listen();

  // Tells the keeper that this supervisor is up: a death from now on is no failure to start, and signals come.
  void serving();

  // A sign of life, and what is done at each answer. Only where the keeper asked for it: see process::Alive.
  void say_alive();
  void on_alive(std::function<void()> answered) { alive_answered_ = std::move(answered); }

  // Says that this process is about to exit on purpose, after all that is queued. Blocks until the keeper has room, 2 s at
  // most; false if that was not enough. Nothing is sent after it.
  bool farewell(process::FarewellMode mode);

  // The first of `count` consecutive keys that were never used with this keeper, and are reserved to the caller now.
  process::Key reserve_keys(std::size_t count);
  // Keys up to this one are taken: they were reserved by a supervisor before, which may not have got to use them.
  void skip_keys(process::Key last);

  // The highest that was reserved so far.
  process::Key last_key() const { return last_key_; }

  // Asks for `process` to be started from a sealed record in the pen, under a key that has been reserved. The
  // descriptors are borrowed for the call. The outcome arrives as a change of process.phase. Throws std::system_error
  // for a shortage; then it is as if nothing had been asked.
  void launch(CommandProcess& process, process::Key key, int record, int pen, int input, int output, int error);

  // Puts the state of a handed command in place, the latest one, and follows it from then on. Its `wake` stays.
  void adopt(CommandProcess& process, const HandedCommand& command);
  // The same for a process that is no child of the keeper, under a reserved key. `pen` may be -1. Phase::launching until
  // the keeper has answered; Phase::failed if `pidfd` is none. Descriptors are borrowed. Throws like launch().
  void adopt_foreign(CommandProcess& process, process::Key key, pid_t pid, ProcessIdentity identity, int pidfd, int pen);
  // For a handed command that nobody wants: as forget().
  void forget_handed(process::Key key);

  // Gives the keeper descriptors to hold, for the supervisors that come after this one: copies, and what it has under
  // the same tag goes. Tags are not 0. Throws std::system_error for a shortage; what was not sent then is not held.
  struct ToHold {
    process::Tag tag = 0;
    int descriptor = -1;
  };
  void hold(process::Box box, std::span<const ToHold> all);
  void hold(process::Box box, process::Tag tag, int descriptor);
  // Lets go of the whole box, or of one tag of it. Nothing happens if there is none.
  void drop(process::Box box);
  void drop(process::Box box, process::Tag tag);

  // Sends a signal through the keeper, which knows that it has not reaped yet (K4). A process that
  // has exited meanwhile makes it a no-op.
  void signal(const CommandProcess& process, int signo);

  // The keeper may forget it; nothing more will be told of it. Does nothing for one never launched.
  void forget(CommandProcess& process);

  // While it lives, its notifier is notified whenever the keeper has reaped orphans, unless many are waited for: a tree
  // may have become empty, long before its cgroup says so. A hint, not to be relied on.
  class OrphanWatch {
   public:
    OrphanWatch(KeeperClient& keeper, Notifier& notifier);
    ~OrphanWatch();
    OrphanWatch(const OrphanWatch&) = delete;
    OrphanWatch& operator=(const OrphanWatch&) = delete;

   private:
    KeeperClient& keeper_;
    Notifier& notifier_;
  };

 private:
  struct Pending {
    process::Packet packet;
    std::vector<UniqueFd> descriptors;
  };

  void send(const process::Request& request, std::span<const int> descriptors = {});
  void ask(CommandProcess& process, process::Key key, const process::Request& request, std::span<const int> descriptors);
  void deliver_handed(const process::Report& report);
  void await_room();
  bool send_first();
  void flush();
  void await_packet();
  void receive();
  void deliver(const process::Report& report);
  CommandProcess* find(process::Key key) const;
  void note_running(const CommandState& state);
  void lose();

  asio::posix::stream_descriptor socket_;
  std::function<void()> lost_;
  bool is_lost_ = false;
  std::function<void()> alive_answered_;
  std::uint32_t alive_number_ = 0;
  pid_t keeper_pid_ = 0;
  UniqueFd keeper_;  // its pidfd; none if it was gone before it could be opened
  process::Key last_key_ = 0;
  std::uint32_t held_number_ = 0;
  // Those of which the keeper may hold something.
  std::unordered_set<process::Box> holding_;
  std::unordered_map<process::Key, CommandProcess*> processes_;
  std::unordered_set<pid_t> running_;
  // Those handed over and not adopted so far.
  std::unordered_map<process::Key, HandedCommand> handed_;
  std::deque<Pending> queue_;
  std::unordered_multiset<Notifier*> orphan_watches_;
};

}  // namespace coppice::daemon
