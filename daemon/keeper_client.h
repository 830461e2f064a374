// The supervisor's end of the line to the keeper.
//
// It sends launches, signals and acknowledgements, and tells each CommandProcess what became of it.
// One thread, the io_context's. Nothing here blocks: packets that the socket does not take at once
// wait in a queue, with descriptors of their own.
#pragma once

#include <sys/types.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/unique_fd.h"
#include "daemon/notifier.h"
#include "process/keeper_protocol.h"

namespace coppice::daemon {

// One process that the keeper starts for us. Owned by its job; must outlive forget().
struct CommandProcess {
  enum class Phase { idle, launching, running, exited, failed };

  std::uint64_t key = 0;
  Phase phase = Phase::idle;
  pid_t pid = 0;
  // Phase::failed
  std::optional<process::Failed> failure;
  // Phase::exited
  std::optional<process::Exited> exited;
  // Notified at each change of the phase.
  Notifier* wake = nullptr;
};

class KeeperClient {
 public:
  // Takes the socket that the keeper left for us. `lost` is called once if the keeper goes away or
  // breaks the protocol; from then on nothing is delivered.
  KeeperClient(asio::io_context& context, UniqueFd socket, std::function<void()> lost);

  // Says hello and waits, blocking, for the keeper's. Throws std::runtime_error if what answers is not
  // our keeper. Only at start-up.
  void greet();
  pid_t keeper_pid() const { return keeper_pid_; }

  // Begins to read; before this nothing is delivered.
  void listen();

  // Asks for `process` to be started from a sealed record in the pen. The descriptors are borrowed
  // for the call. The outcome arrives as a change of process.phase. Throws std::system_error for a shortage;
  // then it is as if nothing had been asked.
  void launch(CommandProcess& process, int record, int pen, int input, int output, int error);

  // Sends a signal through the keeper, which knows that it has not reaped yet (K4). A process that
  // has exited meanwhile makes it a no-op.
  void signal(const CommandProcess& process, int signo);

  // The keeper may forget it; nothing more will be told of it. Does nothing for one never launched.
  void forget(CommandProcess& process);

  // While it lives, its notifier is notified whenever the keeper has reaped orphans: a tree may have
  // become empty, long before its cgroup says so.
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
  void await_room();
  void flush();
  void await_packet();
  void receive();
  void deliver(const process::Report& report);
  CommandProcess* find(process::Key key) const;
  void lose();

  asio::posix::stream_descriptor socket_;
  std::function<void()> lost_;
  bool is_lost_ = false;
  pid_t keeper_pid_ = 0;
  std::uint64_t last_key_ = 0;
  std::unordered_map<std::uint64_t, CommandProcess*> processes_;
  std::deque<Pending> queue_;
  std::unordered_multiset<Notifier*> orphan_watches_;
};

}  // namespace coppice::daemon
