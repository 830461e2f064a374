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
  for (auto& file : launch_.files) {
    if (!file || !file->truncate) continue;
    file->truncate = false;
    file->append = true;
  }
}

// The state is `starting` meanwhile. Whoever asks for the end then gets what is known of the last attempt.
asio::awaitable<bool> JobRun::await_restart() {
  if (!restarts_ || !job_->started() || !job_->may_go_on()) co_return false;
  job_->set_control(nullptr);
  // Which also reads what the outcome is made of. A killed cgroup is never used again.
  co_await remove_pen();
  using Duration = LimitWatch::Clock::duration;
  const Duration ran = executed_ ? LimitWatch::Clock::now() - executed_at_ : Duration::zero();
  const auto delay = restarts_->next(outcome(ending()), ran);
  if (!delay || !job_->may_go_on()) co_return false;
  job_->mark_restarting(make_result());
  Alarm due(services_.io, job_->wake());
  due.set(*delay);
  while (!due.gone_off() && !job_->end_requested()) co_await job_->wake().wait();
  between_attempts_ = job_->end_requested();
  if (between_attempts_) co_return false;
  begin_attempt();
  co_return true;
}

void JobRun::begin_attempt() {
  job_->begin_attempt();
  pipeline_.start_over();
  grace_.cancel();
  limits_.reset();
  exceeded_.reset();
  executed_ = stop_delivered_ = leftovers_stopped_ = killed_ = start_killed_ = false;
  stops_done_ = 0;
  start_failure_.reset();
  start_error_ = nullptr;
  fault_.reset();
  leftovers_.clear();
  stages_.clear();
  usage_.reset();
  out_of_memory_kills_ = 0;
  begun_at_ = now();
}

}  // namespace coppice::daemon
