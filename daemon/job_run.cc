#include "daemon/job_run.h"

#include <cerrno>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/errno_text.h"
#include "daemon/clock.h"
#include "daemon/crash_point.h"
#include "daemon/errors.h"
#include "daemon/group_watch.h"
#include "daemon/launch_plan.h"
#include "daemon/limits.h"
#include "daemon/output/pipe.h"
#include "daemon/process_view.h"
#include "daemon/stop_policy.h"
#include "daemon/tree_listing.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
// What the list for a receipt may take before the polite signal.
constexpr auto kListBound = 250ms;

}  // namespace

JobRun::JobRun(std::shared_ptr<Job> job, Services& services, PassedStreams passed)
    : job_(std::move(job)),
      services_(services),
      passed_(std::move(passed)),
      attempt_(job_->attempt_record()),
      pipeline_(services.keeper, job_->wake(), job_->spec().commands.size(), attempt_.first_key),
      grace_(services.io, job_->wake()) {
  const auto& policy = job_->spec().restart;
  if (Restarts::wanted(policy)) restarts_ = std::make_unique<Restarts>(*policy, job_->record().restart);
  job_->set_bequeath([this](Bequest& bequest) { bequeath(bequest); });
}

JobRun::~JobRun() { job_->set_bequeath({}); }

JobRun::JobRun(std::shared_ptr<Job> job, Services& services, Inheritance inheritance)
    : JobRun(std::move(job), services, PassedStreams()) {
  inheritance_ = std::move(inheritance);
}

asio::awaitable<void> JobRun::run() {
  bool again = true;
  if (inheritance_) again = co_await resume();
  while (again) {
    co_await attempt();
    again = co_await await_restart();
  }
  if (!job_->record().result) {
    co_await drain();
    note(config::Stage::Kind::drained);
    crash_point("end.drained");
    measure();
    job_->record_end(make_result());
    crash_point("end.registered");
  }
  co_await remove_pen();
  crash_point("end.removed");
  conclude();
}

asio::awaitable<void> JobRun::attempt() {
  try {
    if (!std::exchange(prepared_, false)) prepare();
    co_await launch();
    co_await supervise();
  } catch (const std::exception& error) {
    give_up(std::current_exception(), error.what());
  }
  // What never ran left nobody behind, and a shortage that refused it must not delay its end.
  if (pipeline_.has_run()) co_await empty_pen();
  note(config::Stage::Kind::empty);
  crash_point("end.empty");
  // Whoever asked for the start learns why there is none when nothing of it is alive (S7).
  if (start_error_) job_->mark_start_failed(start_error_);
}

// A job that has not started is refused; one that runs is ended, because nobody watches it any more.
void JobRun::give_up(std::exception_ptr failure, std::string what) {
  if (!executed()) {
    if (!start_failure_) start_failure_ = std::move(what);
    start_error_ = std::move(failure);
    return;
  }
  fault_ = std::move(what);
  attempt_.killed = attempt_.killed || !pipeline_.over();
  job_->request_kill(EndCause::kill);
}

// What may fail for want of descriptors or memory, before anything runs.
void JobRun::prepare() {
  if (job_->attempt() == 1) {
    const uid_t owner = identity() ? identity()->uid : ::geteuid();
    streams_ = open_streams(*job_, owner, std::move(passed_), services_);
    job_->set_logs(streams_.logs());
    job_->set_terminal(streams_.terminal);
    crash_point("start.held");
  }
  pen_ = cgroup::Pen::create(services_.hierarchy.slices().open(job_->slice()), job_->id());
  const bool required = job_->spec().limits_required.value_or(true);
  attempt_.lacking = set_pen_limits(pen_, job_->limits(), required, services_.hierarchy);
  Confinement::hand_over(job_->spec(), identity(), pen_);
}

// From left to right, each once the one before has been executed.
asio::awaitable<void> JobRun::launch() {
  if (pipeline_.launched() == 0) {
    input_ = take_input();
  } else if (!executed()) {
    // An earlier supervisor has asked for it.
    plan(pipeline_.launched() - 1);
    co_await settle_launch();
    if (pipeline_.failure()) throw describe_failure();
  }
  while (!pipeline_.complete()) {
    const bool last = pipeline_.launched() + 1 == pipeline_.size();
    OutputPipe joint;
    if (!last) {
      joint = make_output_pipe();
      hold_joint(joint.read.get());
    }
    launch_next(input_.get(), last ? streams_.output.get() : joint.write.get());
    crash_point("start.launched");
    co_await settle_launch();
    if (pipeline_.failure()) throw describe_failure();
    input_ = std::move(joint.read);
  }
  release_start();
  job_->set_control(this);
  if (executed()) co_return;
  const auto executed_now = LimitWatch::Clock::now().time_since_epoch();
  job_->mark_started(now(), std::chrono::nanoseconds(executed_now).count(), pipeline_.mains());
  crash_point("start.ready");
}

LimitWatch::Clock::time_point JobRun::executed_at() const {
  return LimitWatch::Clock::time_point(std::chrono::nanoseconds(attempt_.executed_at.value_or(0)));
}

// A pipeline whose start is interrupted goes on with what its last command writes.
void JobRun::hold_joint(int pipe) {
  services_.keeper.hold(box(), held::kJoint + static_cast<process::Tag>(pipeline_.launched()), pipe);
}

// What only the start needed.
void JobRun::release_start() {
  for (std::size_t i = 0; i + 1 < pipeline_.size(); ++i)
    services_.keeper.drop(box(), held::kJoint + static_cast<process::Tag>(i));
  input_.reset();
  launch_.reset();
  if (restarts_) return;
  streams_.close_child_ends();
  drop_passed(job_->spec(), services_.keeper, box());
}

void JobRun::plan(std::size_t index) {
  launch_ = std::make_unique<process::Launch>(plan_launch(job_->spec(), index, job_->id(), identity()));
  launch_->enter_pen_by_write = services_.enter_pen_by_write;
  services_.confinement.apply(job_->spec(), identity(), *launch_);
  if (job_->attempt() > 1) keep_files();
  launch_->terminal = streams_.terminal_descriptor;
}

void JobRun::launch_next(int input, int output) {
  const std::size_t index = pipeline_.launched();
  plan(index);
  // Nothing is ever cloned into a pen that was killed.
  if (start_killed_) {
    const std::string what = "ended while it was being started";
    throw start_failed("clone", static_cast<int>(index), ECANCELED, {}, what);
  }
  pipeline_.launch(*launch_, pen_.directory(), {input, output, streams_.error_descriptor()});
}

asio::awaitable<void> JobRun::settle_launch() {
  for (;;) {
    // There is nobody yet to be asked politely; the grace period runs all the same.
    if (job_->stop_requests() > attempt_.stops_done) {
      attempt_.stops_done = job_->stop_requests();
      set_grace(job_->stop_request()->grace);
    }
    // A start may hang in the kernel; killing the pen ends it wherever it can be ended.
    if (!start_killed_ && (job_->kill_requested() || grace_.gone_off()))
      start_killed_ = pen_.kill();
    if (!pipeline_.launching()) co_return;
    co_await job_->wake().wait();
  }
}

varlink::MethodError JobRun::describe_failure() {
  const process::Failed& failed = *pipeline_.failure();
  const std::size_t index = pipeline_.launched() - 1;
  const auto step = process::step_name(failed.step);
  const std::string path = concerned_path(failed, *launch_);
  const auto error = static_cast<int>(failed.error);
  start_failure_ = errno_message(step, path, error) + limit_hint(error);
  if (pipeline_.size() > 1)
    start_failure_ = "command " + std::to_string(index + 1) + " of " +
                     std::to_string(pipeline_.size()) + ": " + *start_failure_;
  return start_failed(step, static_cast<int>(index), error, path, *start_failure_);
}

// What a limit of the job has to do with that.
std::string JobRun::limit_hint(int error) const {
  const config::Limits& limits = job_->limits();
  if (pen_.out_of_memory_kills() > 0) return ": memory ran out, see memoryMax of the job and of its slice";
  if (error == EAGAIN && limits.processes_max)
    return ": processesMax is " + std::to_string(*limits.processes_max) + ", and each thread counts";
  return "";
}

// Until every command and what the policy waits for have ended, or a kill is due.
asio::awaitable<void> JobRun::supervise() {
  std::optional<GroupWatch> watch;
  // What came during the start is acted on now that there is somebody.
  if (!attempt_.stop_delivered && !attempt_.leftovers_stopped) attempt_.stops_done = 0;
  renew_limits();
  while (!job_->kill_requested()) {
    if (pipeline_.over()) {
      if (!waits_for_leftovers()) break;
      if (!watch) watch.emplace(services_.io, pen_, job_->wake());
      if (!pen_.populated()) break;
    }
    check_limits();
    if (attempt_.stops_done != job_->stop_requests()) {
      co_await act_on_stop();
    } else if (grace_.gone_off()) {
      job_->request_kill(job_->stop_request()->cause);
    } else {
      co_await job_->wake().wait();
    }
  }
  // An earlier supervisor may have been killed in the middle of killing it.
  attempt_.killed = attempt_.killed || !pipeline_.over();
}

void JobRun::renew_limits() {
  const config::Limits& limits = job_->limits();
  if (!LimitWatch::wanted(limits)) {
    limits_.reset();
    return;
  }
  if (!limits_)
    limits_ = std::make_unique<LimitWatch>(services_.io, job_->wake(), pen_, job_->logs(), executed_at());
  limits_->set(limits);
  job_->wake().notify_all();
}

// A job that is on its way out has no limit to exceed but its grace period.
void JobRun::check_limits() {
  if (!limits_) return;
  if (!job_->end_requested()) {
    attempt_.exceeded = limits_->look(job_->state() == config::State::frozen);
    if (!attempt_.exceeded) return;
    job_->save_attempt();
    job_->request_stop(stop_request(job_->spec(), {}, EndCause::limit_exceeded));
  }
  limits_.reset();
}

asio::awaitable<void> JobRun::act_on_stop() {
  const bool first = job_->state() != config::State::stopping;
  const bool was_frozen = job_->state() == config::State::frozen;
  job_->apply(Event::stop);
  if (first) co_await note_found();
  const StopRequest& request = *job_->stop_request();
  send_stop(request);
  attempt_.stops_done = job_->stop_requests();
  // A frozen process cannot answer; the signal waits for it.
  if (was_frozen) pen_.thaw();
  set_grace(request.grace);
  job_->save_attempt();
  crash_point("stop.signalled");
}

void JobRun::set_grace(config::Milliseconds grace) {
  const auto ends = LimitWatch::Clock::now() + grace;
  attempt_.grace_ends_at = std::chrono::nanoseconds(ends.time_since_epoch()).count();
  grace_.set(grace);
}

void JobRun::send_stop(const StopRequest& request) {
  note(config::Stage::Kind::stopping);
  // Before the signal: it may be answered at once.
  const bool to_leftovers = pipeline_.over() && waits_for_leftovers() && pen_.populated();
  if (!pipeline_.over()) attempt_.stop_delivered = true;
  attempt_.leftovers_stopped = attempt_.leftovers_stopped || to_leftovers;
  // What it does may be all that a later supervisor sees of it.
  job_->save_attempt();
  if (request.whom == config::Whom::all || pipeline_.over()) {
    pen_.signal_all(request.signal);
  } else {
    pipeline_.signal(request.signal);
  }
}

// For the receipt: who is there before the polite signal. A stop does not wait for a list that hangs.
asio::awaitable<void> JobRun::note_found() {
  using namespace asio::experimental::awaitable_operators;
  try {
    asio::steady_timer bound(services_.io, kListBound);
    auto over = bound.async_wait(asio::use_awaitable);
    auto listing = list_running_tree(services_, pen_);
    auto either = std::move(listing) || std::move(over);
    auto result = co_await std::move(either);
    if (result.index() == 0) job_->receipt().add_found(view(std::get<0>(result), job_->owner()));
    attempt_.found = job_->receipt().found();
  } catch (const std::system_error&) {
    // A shortage costs the list, not the stop.
  }
}

bool JobRun::waits_for_leftovers() const {
  const auto& stopping = job_->spec().stopping;
  return stopping && stopping->leftovers == config::Leftovers::wait;
}

bool JobRun::signal_main(int signo) {
  if (pipeline_.over()) return false;
  pipeline_.signal(signo);
  return true;
}

}  // namespace coppice::daemon
