// JobRun from the end of its tree to its result.
#include <unistd.h>

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "base/errno_text.h"
#include "daemon/clock.h"
#include "daemon/crash_point.h"
#include "daemon/ended_job.h"
#include "daemon/job_run.h"
#include "daemon/launch_plan.h"
#include "daemon/process_view.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
// A process outside the job may hold its pipes; what is in them by now is taken, and no more.
constexpr auto kDrainBound = 10s;

}  // namespace

std::optional<cgroup::Mark> JobRun::mark() const {
  const uid_t own = ::geteuid();
  const uid_t job = identity() ? identity()->uid : own;
  if (job != 0 && job != own) return std::nullopt;
  cgroup::Mark mark{kJobVariable, job_->id()};
  for (const auto& main : pipeline_.mains()) mark.mains.push_back(main.pid);
  mark.is_main = [&keeper = services_.keeper](pid_t pid) { return keeper.runs(pid); };
  return mark;
}

// Nothing of the job is alive when this returns. A shortage (of descriptors, of memory) cannot make it
// give up: there is no event for its end, so it tries again after a while.
asio::awaitable<void> JobRun::empty_pen() {
  while (pen_) {
    try {
      co_await end_rest();
      break;
    } catch (const std::exception&) {
    }
    co_await pause(20ms);
  }
  // The keeper reaps what has died; its report is under way.
  while (pipeline_.pending()) co_await job_->wake().wait();
}

asio::awaitable<void> JobRun::end_rest() {
  const auto stray_mark = mark();
  if (!pipeline_.pending() && !pen_.populated() &&
      (!stray_mark || cgroup::find_strays(pen_, {}, services_.keeper.keeper_pid(), *stray_mark).empty()))
    co_return;
  job_->apply(Event::kill);
  auto taking = services_.endings.take(services_.io);
  Turns::Turn turn = co_await std::move(taking);
  TreeEndContext context{services_.io, services_.keeper, job_->wake(), stray_mark, {}, {}, {}, {}};
  context.main_lives = [this] { return pipeline_.pending(); };
  context.found = [this](const std::vector<process::ProcessInfo>& found) { note_killed(found); };
  context.takes_long = [&turn] { turn.give_back(); };
  context.stuck = [this](const std::vector<StuckProcess>& stuck) { note_stuck(stuck); };
  co_await end_tree(pen_, std::move(context));
}

void JobRun::note_killed(const std::vector<process::ProcessInfo>& found) {
  note(config::Stage::Kind::killing);
  job_->receipt().add_killed(view(found, job_->owner()));
  attempt_.found = job_->receipt().found();
  if (!attempt_.killed) attempt_.leftovers = job_->receipt().killed();
  // What follows changes how it ends: a status that says SIGKILL is our doing.
  job_->save_attempt();
}

void JobRun::note_stuck(const std::vector<StuckProcess>& stuck) {
  if (stuck.empty() && job_->receipt().stuck().empty()) return;
  std::vector<config::Process> processes;
  for (const StuckProcess& one : stuck) {
    processes.push_back(view(one.info, job_->owner()));
    processes.back().wait_channel = one.wait_channel;
  }
  job_->receipt().set_stuck(std::move(processes));
  job_->changed().notify_all();
}

asio::awaitable<void> JobRun::drain() {
  streams_.close_child_ends();
  lost_ = co_await streams_.drain(kDrainBound);
  // Later viewers are told that it has ended, and what it showed is in the log.
  job_->set_terminal(nullptr);
}

// Once all of the attempt has ended, while its pen is there.
void JobRun::measure() {
  if (!pen_) return;
  try {
    usage_ = pen_.usage();
    out_of_memory_kills_ = pen_.out_of_memory_kills();
    killed_for_memory_ = pen_.killed_for_memory();
  } catch (const std::exception&) {
    // A result without figures is worth more than none.
  }
}

asio::awaitable<void> JobRun::remove_pen() {
  if (!pen_) co_return;
  for (auto step = std::chrono::steady_clock::duration(1ms);; step = std::min<decltype(step)>(step * 2, 100ms)) {
    try {
      if (pen_.remove()) co_return;
    } catch (const std::exception&) {
      // Tried again below: a cgroup left behind is a leak.
    }
    co_await pause(step);
    // Root may have put a process in, from outside.
    co_await empty_pen();
  }
}

asio::awaitable<void> JobRun::pause(std::chrono::steady_clock::duration time) {
  asio::steady_timer timer(services_.io, time);
  co_await timer.async_wait(asio::use_awaitable);
}

void JobRun::conclude() {
  job_->set_control(nullptr);
  job_->mark_ended();
  // It is on record: the keeper need not know it any more.
  pipeline_.forget();
  services_.keeper.drop(box());
  crash_point("end.forgotten");
  settle_ended(*job_, services_);
}

Ending JobRun::ending() const {
  Ending ending = asked_of(*job_);
  ending.statuses = pipeline_.statuses();
  ending.start_failure = start_failure_;
  ending.lost = pipeline_.lost() || start_lost_;
  ending.stop_delivered = attempt_.stop_delivered;
  ending.leftovers_stopped = attempt_.leftovers_stopped;
  ending.killed = attempt_.killed;
  ending.between_attempts = between_attempts_;
  ending.fault = fault_;
  ending.exceeded = attempt_.exceeded;
  ending.grace_over = grace_.gone_off();
  ending.out_of_memory_kills = out_of_memory_kills_;
  ending.killed_for_memory = killed_for_memory_;
  return ending;
}

// The first time that it comes to each.
void JobRun::note(config::Stage::Kind stage) {
  const auto same = [&](const config::Stage& other) { return other.stage == stage; };
  if (std::ranges::none_of(attempt_.stages, same)) attempt_.stages.push_back({stage, now()});
}

config::Result JobRun::make_result() const {
  config::Result result;
  const Ending known = ending();
  result.outcome = outcome(known);
  result.detail = detail(known);
  if (result.outcome == config::Outcome::timed_out) result.exceeded = known.exceeded->limit;
  for (const auto& status : known.statuses)
    if (status || known.lost) result.exits.push_back(status ? exit_status(*status) : config::ExitStatus());
  result.leftovers = attempt_.leftovers;
  if (job_->end_cause() != EndCause::none) result.found = job_->receipt().found();
  result.stages = attempt_.stages;
  if (usage_) result.usage = view(*usage_);
  if (lost_.bytes > 0) result.log_dropped = static_cast<std::int64_t>(lost_.bytes);
  if (lost_.error != 0) {
    const std::string why = errno_message("some output could not be kept", "", lost_.error);
    result.detail = result.detail ? *result.detail + "; " + why : why;
  }
  result.ended_at = now();
  result.started_at = attempt_.begun_at;
  return result;
}

}  // namespace coppice::daemon
