#include "daemon/tree_end.h"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

#include "cgroup/tree_list.h"
#include "daemon/alarm.h"
#include "daemon/crash_point.h"
#include "daemon/group_watch.h"
#include "daemon/tree_survey.h"
#include "process/info/pidfd.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
using Duration = std::chrono::steady_clock::duration;

// Frozen is seen after 0.1 ms for one process and some 5.5 µs more for each further one; a task in
// uninterruptible sleep would never report it.
constexpr auto kFreezeBound = 50ms;
constexpr auto kFreezeBoundPerProcess = 20us;
constexpr Duration kFirstStep = 50us;
constexpr Duration kLong = 1ms;
constexpr Duration kLongestStep = 250ms;
// cgroup.kill never reaches a process whose main thread has exited: after this, each by its pidfd.
constexpr auto kEachAfter = 50ms;
constexpr auto kStuckAfter = 1s;
// What the events of a cgroup may come late by.
constexpr auto kEventsLate = 10ms;

// Steps of a re-read, each a quarter of the time so far and a sixteenth of what takes long: what is waited for is seen late
// by no more than that.
class Steps {
 public:
  Duration next() const {
    const Duration passed = std::chrono::steady_clock::now() - begin_;
    const Duration step = passed < kLong ? passed / 4 : std::max(kLong / 4, passed / 16);
    return std::clamp(step, kFirstStep, kLongestStep);
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
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
cgroup::TreeSurvey survey_unsettled(const std::vector<pid_t>& members, process::Look look) {
  cgroup::TreeSurvey survey;
  for (const pid_t pid : members) {
    if (auto info = process::read_process_briefly(pid)) survey.list.push_back(std::move(*info));
    if (look == process::Look::alone) continue;
    for (const pid_t child : process::read_children(pid)) survey.children.push_back(child);
  }
  return survey;
}

// Of a tree that is empty: what a stray started before it died is an orphan by now.
std::vector<cgroup::Stray> look_for_strays(const cgroup::Group& group, const TreeEndContext& context) {
  if (!context.mark) return {};
  return cgroup::find_strays(group, {}, context.keeper.keeper_pid(), *context.mark);
}

// Frozen as far as it can be had in time.
asio::awaitable<bool> settle(cgroup::Pen& pen, asio::io_context& io) {
  pen.freeze();
  if (co_await wait_frozen(io, pen, kFreezeBound)) co_return true;
  // Only those that take so long are counted.
  const auto more = std::chrono::ceil<std::chrono::milliseconds>(
      kFreezeBoundPerProcess * static_cast<long>(pen.members().size()));
  co_return co_await wait_frozen(io, pen, more);
}

struct Snapshot {
  std::vector<process::ProcessInfo> list;
  std::vector<cgroup::Stray> strays;
};

asio::awaitable<Snapshot> take_snapshot(cgroup::Pen& pen, const TreeEndContext& context) {
  const bool frozen = co_await settle(pen, context.io);
  const std::vector<pid_t> members = pen.members();
  const auto look = context.mark ? process::Look::with_children : process::Look::alone;
  cgroup::TreeSurvey survey;
  if (frozen) {
    std::vector<pid_t> copy = members;
    auto surveying = survey_tree(context.io, std::move(copy), look);
    survey = co_await std::move(surveying);
  } else {
    survey = survey_unsettled(members, look);
  }
  Snapshot snapshot{std::move(survey.list), {}};
  if (context.mark)
    snapshot.strays =
        cgroup::find_strays(pen, members, survey.children, context.keeper.keeper_pid(), *context.mark);
  for (const auto& stray : snapshot.strays) snapshot.list.push_back(stray.info);
  co_return snapshot;
}

}  // namespace

asio::awaitable<bool> wait_frozen(asio::io_context& io, cgroup::Group& group,
                                  std::chrono::milliseconds bound) {
  asio::steady_timer timer(io);
  const Steps steps;
  const auto deadline = std::chrono::steady_clock::now() + bound;
  while (!group.frozen()) {
    if (std::chrono::steady_clock::now() >= deadline) co_return false;
    timer.expires_after(std::min<Duration>(steps.next(), 10ms));
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return true;
}

asio::awaitable<void> end_tree(cgroup::Pen& pen, TreeEndContext context) {
  auto taking = take_snapshot(pen, context);
  Snapshot snapshot = co_await std::move(taking);
  std::vector<cgroup::Stray> strays = std::move(snapshot.strays);
  std::size_t dying = snapshot.list.size() - strays.size();
  context.found(std::move(snapshot.list));

  // Before 5.14 there is no cgroup.kill, and a signal reaches a frozen process only once it is thawed.
  const bool by_group = pen.kill();
  if (!by_group) {
    pen.kill_each();
    pen.thaw();
  }
  cgroup::kill_strays(strays);
  crash_point("kill.killed");

  std::optional<GroupWatch> watch;
  KeeperClient::OrphanWatch orphans(context.keeper, context.wake);
  Alarm alarm(context.io, context.wake);
  const Steps steps;
  const auto begin = std::chrono::steady_clock::now();
  auto each_at = begin + (by_group ? Duration(kEachAfter) : Duration(1ms));
  auto tell_at = begin + kStuckAfter;
  for (;;) {
    std::erase_if(strays, [](const auto& stray) { return process::exited(stray.pidfd.get()); });
    if (strays.empty() && !pen.populated()) {
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
      context.takes_long();
      const std::vector<StuckProcess> left = find_stuck(pen);
      // While they become fewer they are slow, not stuck: a large tree, or a busy machine.
      if (left.size() >= dying) context.stuck(left);
      dying = left.size();
      tell_at = now + kStuckAfter;
    }
    // It tells late, and costs more than a short end.
    if (now - begin >= kEventsLate && !watch) watch.emplace(context.io, pen, context.wake);
    alarm.set(context.main_lives() ? std::min(each_at, tell_at) - now : steps.next());
    co_await context.wake.wait();
  }
  context.stuck({});
}

}  // namespace coppice::daemon
