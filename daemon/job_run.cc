#include "daemon/job_run.h"

#include <unistd.h>

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/errno_text.h"
#include "daemon/clock.h"
#include "daemon/errors.h"
#include "daemon/group_watch.h"
#include "daemon/launch_plan.h"
#include "daemon/process_view.h"
#include "daemon/tree_end.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
using Phase = CommandProcess::Phase;

// A process outside the job may hold its pipes; what is in them by now is taken, and no more.
constexpr auto kDrainBound = 10s;

// The first step of the child that concerns a path, and which.
std::string concerned_path(const process::Failed& failed, const process::Launch& launch) {
  if (failed.step == process::Step::chdir) return launch.directory;
  if (failed.step != process::Step::exec) return {};
  return failed.index < launch.candidates.size() ? launch.candidates[failed.index]
                                                 : launch.candidates.back();
}

}  // namespace

JobRun::JobRun(std::shared_ptr<Job> job, Services& services, PassedStreams passed,
               std::optional<process::Credentials> identity)
    : job_(std::move(job)),
      services_(services),
      passed_(std::move(passed)),
      identity_(std::move(identity)),
      grace_(services.io, job_->wake()) {
  process_.wake = &job_->wake();
}

asio::awaitable<void> JobRun::run() {
  try {
    prepare();
    co_await launch();
    co_await supervise();
  } catch (const std::exception& error) {
    give_up(std::current_exception(), error.what());
  }
  // What never ran left nobody behind, and a shortage that refused it must not delay its end.
  const bool ran = main_over() || main_pending();
  if (ran) co_await empty_pen();
  co_await drain();
  co_await remove_pen();
  conclude();
}

// A job that has not started is refused; one that runs is ended, because nobody watches it any more.
void JobRun::give_up(std::exception_ptr failure, std::string what) {
  if (!job_->started()) {
    if (!start_failure_) start_failure_ = std::move(what);
    job_->mark_start_failed(std::move(failure));
    return;
  }
  fault_ = std::move(what);
  killed_ = !main_over();
  job_->request_kill(EndCause::kill);
}

// What may fail for want of descriptors or memory, before anything runs.
void JobRun::prepare() {
  launch_ = plan_launch(job_->spec(), job_->id(), identity_);
  launch_.enter_pen_by_write = services_.enter_pen_by_write;
  streams_ = open_streams(job_->spec(), std::move(passed_), services_.output,
                          services_.jobs_directory + "/" + job_->id());
  job_->set_logs(streams_.logs());
  pen_ = cgroup::Pen::create(services_.hierarchy.slices().open(job_->slice()), job_->id());
}

asio::awaitable<void> JobRun::launch() {
  const UniqueFd record = process::seal(launch_);
  services_.keeper.launch(process_, record.get(), pen_.directory(), streams_.input.get(),
                          streams_.output.get(), streams_.error_descriptor());
  bool killed = false;
  bool stopping = false;
  while (process_.phase == Phase::launching) {
    co_await job_->wake().wait();
    if (process_.phase != Phase::launching || killed) continue;
    // There is nobody yet to be asked politely; the grace period runs all the same.
    if (job_->stop_requests() > 0 && !std::exchange(stopping, true))
      grace_.set(job_->stop_request()->grace);
    // A start may hang in the kernel; killing the pen ends it wherever it can be ended.
    if (job_->kill_requested() || grace_.gone_off()) killed = pen_.kill();
  }
  streams_.input.reset();
  streams_.output.reset();
  streams_.error.reset();
  if (process_.phase == Phase::failed) throw describe_failure();
  job_->set_control(this);
  job_->mark_started(now(), {process_.pid});
}

varlink::MethodError JobRun::describe_failure() {
  const process::Failed& failed = *process_.failure;
  const auto step = process::step_name(failed.step);
  const std::string path = concerned_path(failed, launch_);
  const auto error = static_cast<int>(failed.error);
  start_failure_ = errno_message(step, path, error);
  return start_failed(step, 0, error, path, *start_failure_);
}

// Until the main command and what its policy waits for have ended, or a kill is due.
asio::awaitable<void> JobRun::supervise() {
  const auto leftovers = job_->spec().stopping.value_or(config::Stopping{}).leftovers;
  std::optional<GroupWatch> watch;
  while (!job_->kill_requested()) {
    if (main_over()) {
      if (leftovers != config::Leftovers::wait) break;
      if (!watch) watch.emplace(services_.io, pen_, job_->wake());
      if (!pen_.populated()) break;
    }
    act_on_stop();
    if (grace_.gone_off()) {
      job_->request_kill(job_->stop_request()->cause);
    } else {
      co_await job_->wake().wait();
    }
  }
  killed_ = !main_over();
}

void JobRun::act_on_stop() {
  if (stops_done_ == job_->stop_requests()) return;
  stops_done_ = job_->stop_requests();
  const StopRequest& request = *job_->stop_request();
  const bool was_frozen = job_->state() == config::State::frozen;
  job_->apply(Event::stop);
  if (request.whom == config::Whom::all || main_over()) {
    pen_.signal_all(request.signal);
  } else {
    services_.keeper.signal(process_, request.signal);
  }
  stop_delivered_ = stop_delivered_ || !main_over();
  // A frozen process cannot answer; the signal waits for it.
  if (was_frozen) pen_.thaw();
  grace_.set(request.grace);
}

bool JobRun::signal_main(int signo) {
  if (main_over()) return false;
  services_.keeper.signal(process_, signo);
  return true;
}

bool JobRun::main_pending() const {
  return process_.phase == Phase::launching || process_.phase == Phase::running;
}

std::optional<cgroup::Mark> JobRun::mark() const {
  const uid_t own = ::geteuid();
  const uid_t job = identity_ ? identity_->uid : own;
  if (job != 0 && job != own) return std::nullopt;
  return cgroup::Mark{kJobVariable, job_->id()};
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
  while (main_pending()) co_await job_->wake().wait();
}

asio::awaitable<void> JobRun::end_rest() {
  const auto stray_mark = mark();
  if (!main_pending() && !pen_.populated() &&
      (!stray_mark || cgroup::find_strays(pen_, {}, services_.keeper.keeper_pid(), *stray_mark).empty()))
    co_return;
  job_->apply(Event::kill);
  TreeEndContext context{services_.io, services_.keeper, job_->wake(), stray_mark, nullptr, nullptr};
  context.found = [this](const std::vector<process::ProcessInfo>& found) { note_found(found); };
  context.stuck = [this](std::vector<std::string> stuck) { note_stuck(std::move(stuck)); };
  co_await end_tree(pen_, std::move(context));
}

void JobRun::note_found(const std::vector<process::ProcessInfo>& found) {
  auto& killed = job_->receipt().killed;
  killed.clear();
  for (const auto& info : found)
    killed.push_back(view(info, job_->owner()));
  if (!killed_) leftovers_ = killed;
}

void JobRun::note_stuck(std::vector<std::string> stuck) {
  if (stuck.empty() && job_->receipt().stuck.empty()) return;
  job_->receipt().stuck = std::move(stuck);
  job_->changed().notify_all();
}

asio::awaitable<void> JobRun::drain() {
  co_await drain(streams_.captured_output);
  co_await drain(streams_.captured_error);
}

asio::awaitable<void> JobRun::drain(std::shared_ptr<Capture> capture) {
  if (!capture) co_return;
  const Log::End end = co_await capture->drain(kDrainBound);
  discarded_ += end.discarded;
}

asio::awaitable<void> JobRun::remove_pen() {
  if (!pen_) co_return;
  try {
    usage_ = pen_.usage();
    out_of_memory_kills_ = pen_.out_of_memory_kills();
  } catch (const std::exception&) {
    // A result without figures is worth more than none.
  }
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
  services_.keeper.forget(process_);
  job_->mark_ended(make_result());
  for (const auto& forgotten : services_.jobs.settle(*job_)) remove_logs(forgotten->logs());
  services_.settled.notify_all();
}

Ending JobRun::ending() const {
  Ending ending;
  if (process_.exited) ending.status = process_.exited->status;
  ending.start_failure = start_failure_;
  ending.cause = job_->end_cause();
  ending.stop_delivered = stop_delivered_;
  ending.killed = killed_;
  ending.fault = fault_;
  ending.grace_over = grace_.gone_off();
  ending.out_of_memory_kills = out_of_memory_kills_;
  return ending;
}

config::Result JobRun::make_result() const {
  config::Result result;
  const Ending known = ending();
  result.outcome = outcome(known);
  result.detail = detail(known);
  if (process_.exited) result.exits.push_back(exit_status(process_.exited->status));
  result.leftovers = leftovers_;
  if (usage_) result.usage = view(*usage_);
  if (discarded_ > 0) result.log_dropped = static_cast<std::int64_t>(discarded_);
  result.ended_at = now();
  result.started_at = job_->created_at();
  return result;
}

}  // namespace coppice::daemon
