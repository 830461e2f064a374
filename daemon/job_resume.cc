// JobRun where an earlier supervisor left off.
#include <algorithm>
#include <cerrno>
#include <chrono>

#include "daemon/bond.h"
#include "daemon/errors.h"
#include "daemon/job_run.h"
#include "daemon/limits.h"
#include "daemon/recalled_logs.h"
#include "daemon/streams_parts.h"

namespace coppice::daemon {
namespace {

// They came with a request whose supervisor died before the keeper had them.
void require_passed(const config::JobSpec& spec, const PassedStreams& passed) {
  const bool complete = (!is_passed(spec.input) || passed.input) && (!is_passed(spec.output) || passed.output) &&
                        (!is_passed(spec.error) || passed.error);
  if (!complete)
    throw start_failed("standard_streams", 0, EBADF, {},
                       "the descriptors of its streams were lost when the daemon died before it was started");
}

}  // namespace

asio::awaitable<bool> JobRun::resume() {
  try {
    const JobRecord& record = job_->record();
    pen_ = cgroup::Pen::open(services_.hierarchy.slices().open(job_->slice()), job_->id());
    if (record.result) {
      // All that was left to do is to tidy up.
      take_over_commands();
      const std::string directory = services_.jobs_directory + "/" + job_->id();
      job_->set_logs(recall_logs(services_.output, directory, kept_streams(job_->spec())));
      co_return false;
    }
    if (record.restart && record.restart->next_at) {
      take_over();
      co_return co_await await_next();
    }
    if (!anything_known()) {
      // The pen is made right before a command is asked for. Never twice: what may have run is not started again.
      start_lost_ = pen_ && attempt_.keeper != services_.keeper.keeper_pid();
      if (start_lost_) {
        take_over_streams();
        co_await empty_pen();
        co_return false;
      }
      remove_stale_pen();
      if (job_->attempt() > 1) {
        take_over_streams();
      } else {
        passed_ = take_passed(inheritance_->held);
        require_passed(record.spec, passed_);
      }
      co_return true;
    }
    take_over_joint();
    take_over();
    prepared_ = true;
    auto writing = write_limits_again();
    co_await std::move(writing);
  } catch (const std::exception& error) {
    give_up(std::current_exception(), error.what());
    // Whatever there is of it ends below, in the attempt that cannot go on.
    prepared_ = true;
    if (start_error_) job_->mark_start_failed(start_error_);
    if (!pipeline_.has_run()) co_return false;
  }
  co_await attempt();
  co_return co_await await_restart();
}

// Changes are recorded before they are carried out, and the earlier supervisor may have died in between.
asio::awaitable<void> JobRun::write_limits_again() {
  if (!pen_ || !job_->record().limits) co_return;
  auto writing = write_limits(services_, pen_.duplicate(), cgroup::limit_writes(job_->limits()));
  // One that cannot be set was refused, or is told as lacking.
  static_cast<void>(co_await std::move(writing));
}

bool JobRun::anything_known() const {
  return std::ranges::any_of(inheritance_->commands, &InheritedCommand::known);
}

// What was made for commands that were never asked for: nothing has run in it. A cgroup that was killed is not
// used again (kernel.md), and whether it was nobody knows.
void JobRun::remove_stale_pen() {
  if (pen_ && !pen_.remove()) throw start_failed("pen", 0, EBUSY, {}, "an earlier cgroup of the job cannot be removed");
}

void JobRun::take_over() {
  take_over_commands();
  take_over_streams();
  reconcile_freezer();
  if (!attempt_.grace_ends_at) return;
  const LimitWatch::Clock::time_point ends(std::chrono::nanoseconds(*attempt_.grace_ends_at));
  grace_.set(std::max(ends - LimitWatch::Clock::now(), LimitWatch::Clock::duration::zero()));
}

void JobRun::take_over_commands() {
  for (const auto& command : inheritance_->commands) {
    // They are asked for in order.
    if (!command.known()) break;
    pipeline_.take_over(command, pen_ ? pen_.directory() : -1);
  }
}

// Of a pipeline whose start was interrupted: what the next command reads.
void JobRun::take_over_joint() {
  const auto known = static_cast<process::Tag>(std::ranges::count_if(inheritance_->commands, &InheritedCommand::known));
  if (known == pipeline_.size()) return;
  input_ = take(inheritance_->held, held::kJoint + known - 1);
  if (!input_)
    throw start_failed("standard_streams", static_cast<int>(known), EBADF, {},
                       "the pipe to it was lost when the daemon died while the pipeline was being started");
}

void JobRun::take_over_streams() {
  streams_ = daemon::take_over_streams(*job_, std::move(inheritance_->held), services_);
  job_->set_logs(streams_.logs());
  job_->set_terminal(streams_.terminal);
}

void JobRun::bequeath(Bequest& bequest) {
  pipeline_.bequeath(pen_ ? pen_.directory() : -1, bequest);
  streams_.bequeath(box(), bequest);
  bequest.add(box(), held::kPassedInput, passed_.input.get());
  bequest.add(box(), held::kPassedOutput, passed_.output.get());
  bequest.add(box(), held::kPassedError, passed_.error.get());
  if (pipeline_.launched() > 0 && !pipeline_.complete())
    bequest.add(box(), held::kJoint + static_cast<process::Tag>(pipeline_.launched()) - 1, input_.get());
  if (const auto& feed = job_->input()) {
    bequest.add(box(), held::kFeed, feed->pipe());
    bequest.add(box(), held::kFeedData, feed->first());
  }
  if (job_->bond()) bequest.add(box(), held::kBond, job_->bond()->pidfd());
}

// A freeze or a thaw that was not recorded was not answered either.
void JobRun::reconcile_freezer() {
  if (!pen_) return;
  if (job_->state() == config::State::frozen) {
    pen_.freeze();
  } else {
    pen_.thaw();
  }
}

}  // namespace coppice::daemon
