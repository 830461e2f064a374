// One spawner at work. Part of spawners.h; included by its two bodies only.
#pragma once

#include <linux/sched.h>

#include <array>
#include <vector>

#include "process/keeper/child.h"
#include "process/keeper/child_stack.h"
#include "process/keeper/spawners.h"
#include "process/launch_record.h"
#include "process/packet_socket.h"

namespace coppice::process {

class Spawners::Thread {
 public:
  // `slot` is the first of this thread's three descriptors.
  Thread(Spawners& all, Seat& seat, int slot) : all_(all), seat_(seat), slot_(slot) {}

  // Handles requests until the supervisor hangs up, then waits for the keeper's end.
  [[noreturn]] void run();

 private:
  struct Child {
    pid_t pid = 0;
    UniqueFd pidfd;
  };

  void serve();
  void handle(const Received& received);
  void refuse_truncated(const Received& received);
  void launch(const LaunchRequest& request);
  // What stops a launch before there is a child; 0 or an errno, with the step.
  Failed prepare(const LaunchRequest& request);
  bool clone(int pen, ChildPlan& plan, Child& child, Failed& failure);
  long try_clone(int pen, ChildPlan& plan, int& pidfd);
  bool enters_by_clone(int pen) const;
  void settle(Key key, const ChildPlan& plan, Child child);
  void set_slots(const int* from);
  void send(const Report& report);

  Spawners& all_;
  Seat& seat_;
  const int slot_;
  ChildStack stack_;
  LaunchRecord record_;
  std::array<std::byte, kMaxPacketSize> buffer_;
  std::vector<UniqueFd> descriptors_;
};

}  // namespace coppice::process
