// JobRun from one attempt to the next.
#include <fcntl.h>

#include <cerrno>
#include <string>

#include "base/errno_text.h"
#include "daemon/clock.h"
#include "daemon/job_run.h"

namespace coppice::daemon {
namespace {

UniqueFd duplicate(int descriptor) {
  UniqueFd copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw errno_error("duplicate", "standard input", errno);
  return copy;
}

// An open file of its own, which begins at the beginning.
UniqueFd open_again(int descriptor) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  UniqueFd copy(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!copy) throw errno_error("open", "input data", errno);
  return copy;
}

}  // namespace

// The ends of a job that may be restarted stay open for its next attempt, so that its log and its pipes go on.
UniqueFd JobRun::take_input() {
  if (!restarts_) return std::move(streams_.input);
  const config::JobSpec& spec = job_->spec();
  return spec.input_data && !spec.input ? open_again(streams_.input.get()) : duplicate(streams_.input.get());
}

void JobRun::keep_files() {
  for (auto& file : launch_->files) {
    if (!file || !file->truncate) continue;
    file->truncate = false;
    file->append = true;
  }
}

// The state is `starting` meanwhile. Whoever asks for the end then gets what is known of the last attempt.
asio::awaitable<bool> JobRun::await_restart() {
  if (!restarts_ || !job_->started() || !job_->may_go_on()) co_return false;
  job_->set_control(nullptr);
  // The outcome is made of it.
  measure();
  // A killed cgroup is never used again.
  co_await remove_pen();
  using Clock = LimitWatch::Clock;
  const Clock::duration ran = executed() ? Clock::now() - executed_at() : Clock::duration::zero();
  const auto delay = restarts_->next(outcome(ending()), ran);
  if (!delay || !job_->may_go_on()) co_return false;
  RestartRecord restart = restarts_->record();
  restart.next_at = std::chrono::nanoseconds((Clock::now() + *delay).time_since_epoch()).count();
  job_->restart_record() = restart;
  job_->mark_restarting(make_result());
  co_return co_await await_next();
}

asio::awaitable<bool> JobRun::await_next() {
  using Clock = LimitWatch::Clock;
  const Clock::time_point next(std::chrono::nanoseconds(*job_->restart_record()->next_at));
  Alarm due(services_.io, job_->wake());
  due.set(std::max(next - Clock::now(), Clock::duration::zero()));
  while (!due.gone_off() && !job_->end_requested()) co_await job_->wake().wait();
  between_attempts_ = job_->end_requested();
  if (between_attempts_) co_return false;
  begin_attempt();
  co_return true;
}

void JobRun::begin_attempt() {
  // Recorded before the old ones are forgotten.
  job_->begin_attempt(services_.keeper.reserve_keys(pipeline_.size()), services_.keeper.keeper_pid());
  pipeline_.start_over(attempt_.first_key);
  grace_.cancel();
  limits_.reset();
  start_killed_ = false;
  start_failure_.reset();
  start_error_ = nullptr;
  fault_.reset();
  usage_.reset();
  out_of_memory_kills_ = 0;
  killed_for_memory_ = false;
}

}  // namespace coppice::daemon
