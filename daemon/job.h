// One supervised request, as the rest of the daemon sees it: who it belongs to, its state, what was
// asked of it, and its result. What carries it through its life is `job_run.h`.
//
// Lives on the control thread. Requests are only recorded here; the job's own coroutine acts on
// them, so that no two of them meet in the middle of a step.
#pragma once

#include <sys/types.h>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cgroup/pen.h"
#include "config/job.h"
#include "daemon/chronicle.h"
#include "daemon/input/input_feed.h"
#include "daemon/job_record.h"
#include "daemon/notifier.h"
#include "daemon/output/log.h"
#include "daemon/receipt.h"
#include "daemon/transitions.h"

namespace coppice::daemon {

class Terminal;
struct Bequest;

// The logs of its streams; null for a stream that goes elsewhere. Both are the same log if the error
// stream follows the output.
struct Logs {
  std::shared_ptr<Log> output;
  std::shared_ptr<Log> error;
};

// What acts on the tree of a job that runs.
class JobControl {
 public:
  virtual ~JobControl() = default;
  virtual cgroup::Pen& pen() = 0;
  // To the main process of each command; false if all have exited.
  virtual bool signal_main(int signo) = 0;
  // The job's limits have changed: those that are watched are watched anew. Throws LimitUnavailable for one
  // that cannot be.
  virtual void renew_limits() = 0;
};

class Bond;

class Job {
 public:
  // A new job: queued if it has no place in its slice yet, else starting. It is recorded and told of here. Throws
  // std::system_error if it cannot be recorded.
  Job(asio::io_context& context, Chronicle& chronicle, JobRecord record);

  // One that an earlier process of the daemon has made, as it was recorded.
  struct Recorded {};
  Job(asio::io_context& context, Chronicle& chronicle, JobRecord record, Recorded recorded);

  // One that is over, from the history: nothing is published, and of its spec there is what `ended` shows. `begun` as
  // below.
  Job(asio::io_context& context, Chronicle& chronicle, std::shared_ptr<const config::Job> ended, Owner owner, bool begun);

  const std::string& id() const { return record_.id; }
  // It had ended before this process knew of it.
  bool recalled() const { return recalled_ != nullptr; }
  const config::JobSpec& spec() const { return record_.spec; }
  const std::string& slice() const { return slice_; }
  const Owner& owner() const { return record_.owner; }
  // What makes its start safe to repeat, unlike that of any other job of its owner.
  const std::optional<std::string>& key() const { return record_.key; }
  config::State state() const { return record_.state; }
  bool over() const { return state() == config::State::ended; }
  // It has, or had, a place in its slice. One that is over without was never more than queued.
  bool begun() const { return record_.begun_at.has_value(); }
  // Since when it is not queued; when it was made if it never got that far.
  config::Time begun_at() const { return record_.begun_at.value_or(record_.created_at); }
  bool started() const { return record_.started_at.has_value(); }
  // Its program has been executed, or will never be.
  bool start_settled() const { return started() || start_error_ != nullptr; }
  // Between two attempts nothing is being started.
  bool starting_now() const {
    return state() == config::State::starting && !(record_.restart && record_.restart->next_at);
  }
  // Set if the start failed: what Start answers.
  std::exception_ptr start_error() const { return start_error_; }
  // Set once over() holds.
  const config::Result& result() const { return *record_.result; }
  std::shared_ptr<const config::Job> snapshot() const;
  // What outlives this process.
  const JobRecord& record() const { return record_; }
  // Records all of it again.
  void save_whole() const { chronicle_.note_whole(record_); }

  // Moves along the table of transitions and publishes the event that belongs to it. False if the
  // table refuses; then nothing has changed.
  bool apply(Event event);

  // The polite end. A second request takes over: its signal is sent too, its grace counts.
  void request_stop(const StopRequest& request);
  // The unconditional end. Harmless on a job that is over.
  void request_kill(EndCause cause);
  const std::optional<StopRequest>& stop_request() const { return record_.end.stop; }
  // How many there were: tells a new one from one that has been acted on.
  unsigned stop_requests() const { return record_.end.stops; }
  bool kill_requested() const { return record_.end.kill != EndCause::none; }
  // Either: a queued job ends at once, and is not started.
  bool end_requested() const { return stop_requests() > 0 || kill_requested(); }
  // Nobody has asked for the end. A limit that ended an attempt is not somebody.
  bool may_go_on() const { return !record_.end.asked; }
  // What asked first for the end.
  EndCause end_cause() const { return record_.end.first; }

  // What ends it when nobody asks; null for a job that is detached, and for one that is over.
  const std::shared_ptr<Bond>& bond() const { return bond_; }
  void bind(std::shared_ptr<Bond> bond);
  // To be called when a lease has been renewed.
  void save_bond();

  // Those of its spec, with what has been changed since.
  const config::Limits& limits() const { return record_.limits ? *record_.limits : record_.spec.limits; }
  // In place of all of those. Those that a controller enforces are to be written by the caller (set_limits.cc).
  void change_limits(const config::Limits& limits);

  // Counts from 1; a job without a restart policy has one.
  int attempt() const { return record_.attempt.number; }
  // What its run keeps of the attempt, and of those to come; to be recorded by save_attempt().
  AttemptRecord& attempt_record() { return record_.attempt; }
  const AttemptRecord& attempt_record() const { return record_.attempt; }
  std::optional<RestartRecord>& restart_record() { return record_.restart; }
  void save_attempt() const { chronicle_.note(record_, {part::kAttempt}); }

  // Notified whenever something that a client may wait for has changed.
  Notifier& changed() { return changed_; }
  // Notified whenever the job's own coroutine has something to look at.
  Notifier& wake() { return wake_; }

  // What was captured of it; set before it starts.
  const Logs& logs() const { return logs_; }
  void set_logs(Logs logs) { logs_ = std::move(logs); }

  // What fills its standard input; null unless that is of kind data.
  const std::shared_ptr<InputFeed>& input() const { return input_; }
  // Of a job that has one, from before it starts; it has an end of its own (terminal.h).
  const std::shared_ptr<Terminal>& terminal() const { return terminal_; }
  void set_terminal(std::shared_ptr<Terminal> terminal) { terminal_ = std::move(terminal); }

  // What a job that is carried through its life leaves to another keeper; see bequest.h. None for one that is queued.
  void set_bequeath(std::function<void(Bequest&)> bequeath) { bequeath_ = std::move(bequeath); }
  void bequeath(Bequest& bequest) const {
    if (bequeath_) bequeath_(bequest);
  }

  // While the job runs: what acts on its tree. Null before and after.
  JobControl* control() const { return control_; }
  void set_control(JobControl* control) { control_ = control; }

  const Receipt& receipt() const { return receipt_; }
  Receipt& receipt() { return receipt_; }

  // `main` are its main processes, `executed` when the last of them was, monotonic.
  void mark_started(config::Time at, std::int64_t executed, std::vector<MainProcess> main);
  // Of a later attempt `error` reaches nobody: there is no request that waits for it.
  void mark_start_failed(std::exception_ptr error);
  // An attempt has ended as `result` says, and another follows after a while.
  void mark_restarting(config::Result result);
  // That while is over; the commands of the next have this key and those behind it.
  void begin_attempt(std::uint64_t first_key, int keeper);
  // Records how it ended. From then on there is no way back, and mark_ended() follows.
  void record_end(config::Result result);
  void mark_ended();

 private:
  void publish(Event event, config::EventKind kind);

  Chronicle& chronicle_;
  JobRecord record_;
  const std::string slice_;
  std::exception_ptr start_error_;
  std::shared_ptr<Bond> bond_;
  Logs logs_;
  std::shared_ptr<InputFeed> input_;
  std::shared_ptr<Terminal> terminal_;
  JobControl* control_ = nullptr;
  std::function<void(Bequest&)> bequeath_;
  Receipt receipt_;
  std::shared_ptr<const config::Job> recalled_;
  // Of one that has ended here: nothing of it changes any more.
  std::shared_ptr<const config::Job> final_;
  Notifier changed_;
  Notifier wake_;
};

}  // namespace coppice::daemon
