#include "daemon/tree_end.h"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

#include "cgroup/tree_list.h"
#include "daemon/alarm.h"
#include "daemon/crash_point.h"
#include "daemon/group_watch.h"
#include "process/info/pidfd.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
using Duration = std::chrono::steady_clock::duration;

// Frozen is seen after 0.1 ms for one process and some 5.5 µs more for each further one; a task in
// uninterruptible sleep would never report it.
constexpr auto kFreezeBound = 50ms;
constexpr auto kFreezeBoundPerProcess = 20us;
constexpr Duration kFirstStep = 100us;
constexpr Duration kLongestStep = 250ms;
// cgroup.kill never reaches a process whose main thread has exited: after this, each by its pidfd.
constexpr auto kEachAfter = 50ms;
constexpr auto kStuckAfter = 1s;

// Steps of a re-read that grow by half.
class Steps {
 public:
  Duration next() {
    const Duration step = step_;
    step_ = std::min(step_ + step_ / 2, kLongestStep);
    return step;
  }

 private:
  Duration step_ = kFirstStep;
};

std::vector<StuckProcess> find_stuck(const cgroup::Group& group) {
  std::vector<StuckProcess> stuck;
  for (const pid_t pid : group.members())
    if (auto info = process::read_process_briefly(pid))
      stuck.push_back({std::move(*info), process::read_wait_channel(pid).value_or("unknown")});
  return stuck;
}

// A list is complete, and cannot block, only if the tree is frozen: no frozen process holds the lock
// that reading a command line takes. Those of a tree that does not settle are listed without theirs.
std::vector<process::ProcessInfo> list_unsettled(const cgroup::Group& group) {
  std::vector<process::ProcessInfo> list;
  for (const pid_t pid : group.members())
    if (auto info = process::read_process_briefly(pid)) list.push_back(std::move(*info));
  return list;
}

std::vector<cgroup::Stray> look_for_strays(const cgroup::Group& group,
                                           const TreeEndContext& context) {
  if (!context.mark) return {};
  return cgroup::find_strays(group, group.members(), context.keeper.keeper_pid(), *context.mark);
}

}  // namespace

asio::awaitable<bool> wait_frozen(asio::io_context& io, cgroup::Group& group,
                                  std::chrono::milliseconds bound) {
  asio::steady_timer timer(io);
  Steps steps;
  const auto deadline = std::chrono::steady_clock::now() + bound;
  while (!group.frozen()) {
    if (std::chrono::steady_clock::now() >= deadline) co_return false;
    timer.expires_after(std::min<Duration>(steps.next(), 10ms));
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return true;
}

asio::awaitable<void> end_tree(cgroup::Pen& pen, TreeEndContext context) {
  pen.freeze();
  const auto members = pen.members();
  const auto bound = std::chrono::ceil<std::chrono::milliseconds>(
      kFreezeBound + kFreezeBoundPerProcess * static_cast<long>(members.size()));
  const bool frozen = co_await wait_frozen(context.io, pen, bound);
  std::vector<process::ProcessInfo> list = frozen ? cgroup::list_tree(pen) : list_unsettled(pen);
  std::vector<cgroup::Stray> strays = look_for_strays(pen, context);
  for (const auto& stray : strays) list.push_back(stray.info);
  context.found(std::move(list));

  // Before 5.14 there is no cgroup.kill, and a signal reaches a frozen process only once it is thawed.
  const bool by_group = pen.kill();
  if (!by_group) {
    pen.kill_each();
    pen.thaw();
  }
  cgroup::kill_strays(strays);
  crash_point("kill.killed");

  GroupWatch watch(context.io, pen, context.wake);
  KeeperClient::OrphanWatch orphans(context.keeper, context.wake);
  Alarm alarm(context.io, context.wake);
  Steps steps;
  const auto begin = std::chrono::steady_clock::now();
  auto each_at = begin + (by_group ? Duration(kEachAfter) : Duration(1ms));
  auto tell_at = begin + kStuckAfter;
  for (;;) {
    std::erase_if(strays, [](const auto& stray) { return process::exited(stray.pidfd.get()); });
    if (strays.empty() && !pen.populated()) {
      // What a stray started before it died is an orphan by now.
      strays = look_for_strays(pen, context);
      if (strays.empty()) break;
      cgroup::kill_strays(strays);
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= each_at) {
      pen.kill_each();
      pen.kill();
      pen.thaw();
      each_at = now + kEachAfter;
    }
    if (now >= tell_at) {
      context.stuck(find_stuck(pen));
      tell_at = now + kStuckAfter;
    }
    alarm.set(steps.next());
    co_await context.wake.wait();
  }
  context.stuck({});
}

}  // namespace coppice::daemon
