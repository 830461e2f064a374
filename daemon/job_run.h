// The life of one job, from its pen to its result, as one coroutine that reads from top to bottom.
//
// Where its policy restarts it, that is one attempt after the other, each in a pen of its own, all with the same streams.
// It owns what the job uses while it lives: the pen, the keeper's record of its process, the streams.
// Whatever happens to it, it ends with the pen empty and removed, the keeper told to forget, and the
// job in state `ended`.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "base/boxed.h"
#include "cgroup/pen.h"
#include "cgroup/strays.h"
#include "daemon/alarm.h"
#include "daemon/inheritance.h"
#include "daemon/job.h"
#include "daemon/job_result.h"
#include "daemon/limit_watch.h"
#include "daemon/pipeline.h"
#include "daemon/restarts.h"
#include "daemon/services.h"
#include "daemon/streams.h"
#include "daemon/tree_end.h"
#include "ipc/varlink/method_error.h"
#include "process/info/process_info.h"
#include "process/launch.h"

namespace coppice::daemon {

class JobRun : public JobControl {
 public:
  // `passed` are the descriptors that came for its streams.
  JobRun(std::shared_ptr<Job> job, Services& services, PassedStreams passed);
  // Of a job that an earlier supervisor has begun: goes on where that was.
  JobRun(std::shared_ptr<Job> job, Services& services, Inheritance inheritance);

  ~JobRun();
  JobRun(const JobRun&) = delete;
  JobRun& operator=(const JobRun&) = delete;

  // Never throws but for want of memory in its last step.
  asio::awaitable<void> run();

  cgroup::Pen& pen() override { return pen_; }
  bool signal_main(int signo) override;
  void renew_limits() override;

 private:
  // Nothing of it is alive afterwards.
  asio::awaitable<void> attempt();
  // After an attempt: true once another is to begin, false if there is none.
  asio::awaitable<bool> await_restart();
  // Until the next attempt is due: false if the job is asked to end before.
  asio::awaitable<bool> await_next();
  void begin_attempt();
  UniqueFd take_input();
  // What earlier attempts wrote to files stays.
  void keep_files();
  void prepare();
  // job_resume.cc: what there is of the job is taken over. True if an attempt is to be made.
  asio::awaitable<bool> resume();
  bool anything_known() const;
  void bequeath(Bequest& bequest);
  void take_over();
  asio::awaitable<void> write_limits_again();
  void take_over_commands();
  void take_over_joint();
  void take_over_streams();
  void reconcile_freezer();
  void remove_stale_pen();
  asio::awaitable<void> launch();
  void plan(std::size_t index);
  void launch_next(int input, int output);
  void hold_joint(int pipe);
  void release_start();
  asio::awaitable<void> settle_launch();
  varlink::MethodError describe_failure();
  std::string limit_hint(int error) const;
  asio::awaitable<void> supervise();
  bool waits_for_leftovers() const;
  void check_limits();
  asio::awaitable<void> act_on_stop();
  asio::awaitable<void> note_found();
  void send_stop(const StopRequest& request);
  void set_grace(config::Milliseconds grace);
  void give_up(std::exception_ptr failure, std::string what);
  asio::awaitable<void> empty_pen();
  asio::awaitable<void> end_rest();
  void note_killed(const std::vector<process::ProcessInfo>& found);
  void note_stuck(const std::vector<StuckProcess>& stuck);
  asio::awaitable<void> drain();
  void measure();
  asio::awaitable<void> remove_pen();
  asio::awaitable<void> pause(std::chrono::steady_clock::duration time);
  void conclude();
  Ending ending() const;
  config::Result make_result() const;
  void note(config::Stage::Kind stage);
  // How to recognise what this job carries out of its pen, if it may write to cgroup files.
  std::optional<cgroup::Mark> mark() const;
  bool executed() const { return attempt_.executed_at.has_value(); }
  LimitWatch::Clock::time_point executed_at() const;
  const std::optional<process::Credentials>& identity() const { return job_->record().identity; }
  process::Box box() const { return job_->record().box; }

  std::shared_ptr<Job> job_;
  Services& services_;
  PassedStreams passed_;
  Boxed<Inheritance> inheritance_;
  // Null for a job that is never restarted.
  std::unique_ptr<Restarts> restarts_;
  // It was asked to end while it waited for its next attempt.
  bool between_attempts_ = false;
  // Of one attempt, see begin_attempt().
  AttemptRecord& attempt_;
  // Its tree and its streams are there: nothing to prepare.
  bool prepared_ = false;
  // Of the command that is being started; null once all have been.
  std::unique_ptr<process::Launch> launch_;
  // What the next command reads.
  UniqueFd input_;
  cgroup::Pen pen_;
  Streams streams_;
  Pipeline pipeline_;
  Alarm grace_;
  // Null for a job without limits to watch.
  std::unique_ptr<LimitWatch> limits_;
  // Its keeper died while it was being started: whether it ran is not known.
  bool start_lost_ = false;
  // The pen was killed while commands were being started: none is started any more.
  bool start_killed_ = false;
  std::optional<std::string> start_failure_;
  std::exception_ptr start_error_;
  // What failed on our side while it ran.
  std::optional<std::string> fault_;
  Boxed<cgroup::Usage> usage_;
  std::int64_t out_of_memory_kills_ = 0;
  bool killed_for_memory_ = false;
  LostOutput lost_;
};

}  // namespace coppice::daemon
