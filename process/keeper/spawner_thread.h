// One spawner at work. Part of spawners.h; included by its bodies only.
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

Failed failure_at(Key key, Step step, int error);

class Spawners::Thread {
 public:
  // `slot` is the first of this thread's three descriptors.
  Thread(Spawners& all, Seat& seat, int slot) : all_(all), seat_(seat), slot_(slot) {}

  // Handles requests, of one supervisor after the other, until the keeper's end.
  [[noreturn]] void run();

 private:
  struct Child {
    pid_t pid = 0;
    UniqueFd pidfd;
  };

  void serve_line();

  // spawner_requests.cc
  void handle(const Received& received);
  void answer(const Hello& hello);
  void answer(const SignalRequest& request);
  void answer(const AdoptRequest& request);
  void answer(const LaunchRequest& request) { launch(request); }
  void answer(const Forget& request);
  void answer(const Hold& request);
  void answer(const Drop& request);
  void answer(const Serving& request);
  void answer(const Farewell& request);
  void answer(const Alive& request);
  void hand_over();
  void refuse_truncated(const Received& received);
  void refuse(Key key, int error);

  void launch(const LaunchRequest& request);
  // Fills in the plan. What stops a launch before there is a child; 0 or an errno, with the step.
  Failed prepare(const LaunchRequest& request, int pen, ChildPlan& plan);
  bool clone(int pen, ChildPlan& plan, Child& child, Failed& failure);
  long try_clone(int pen, ChildPlan& plan, int& pidfd);
  bool enters_by_clone(int pen) const;
  void settle(Key key, const ChildPlan& plan, Child child);
  // From now on its exit is told. Only after Launched has been sent.
  void watch_exit(Key key, int pidfd, std::uint32_t events);
  void set_slots(const int* from);

  Spawners& all_;
  Seat& seat_;
  const int slot_;
  ChildStack stack_;
  LaunchRecord record_;
  std::array<std::byte, kMaxPacketSize> buffer_;
  std::vector<UniqueFd> descriptors_;
};

}  // namespace coppice::process
