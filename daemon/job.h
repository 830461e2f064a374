// One supervised request, as the rest of the daemon sees it: who it belongs to, its state, what was
// asked of it, and its result. What carries it through its life is `job_run.h`.
//
// Lives on the control thread. Requests are only recorded here; the job's own coroutine acts on
// them, so that no two of them meet in the middle of a step.
#pragma once

#include <sys/types.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cgroup/pen.h"
#include "config/job.h"
#include "daemon/event_hub.h"
#include "daemon/input/input_feed.h"
#include "daemon/notifier.h"
#include "daemon/output/log.h"
#include "daemon/receipt.h"
#include "daemon/transitions.h"

namespace coppice::daemon {

class Terminal;

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};

// Why a job is made to end. A natural end has no cause.
enum class EndCause {
  none,
  stop,
  kill,
  connection_closed,
  // The process that it was bound to.
  process_ended,
  lease_expired,
  limit_exceeded,
  shutdown
};

struct StopRequest {
  int signal = 0;
  config::Whom whom = config::Whom::main;
  config::Milliseconds grace{};
  EndCause cause = EndCause::stop;
};

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
  // `first` is queued for a job that has no place in its slice yet, else starting.
  Job(asio::io_context& context, EventHub& events, std::string id, config::JobSpec spec, Owner owner,
      config::State first = config::State::starting);

  const std::string& id() const { return id_; }
  const config::JobSpec& spec() const { return spec_; }
  const std::string& slice() const { return slice_; }
  const Owner& owner() const { return owner_; }
  config::State state() const { return state_; }
  bool over() const { return state_ == config::State::ended; }
  // It has, or had, a place in its slice. One that is over without was never more than queued.
  bool begun() const { return begun_at_.has_value(); }
  // Since when it is not queued; when it was made if it never got that far.
  config::Time begun_at() const { return begun_at_.value_or(created_at_); }
  bool started() const { return started_at_.has_value(); }
  // Its program has been executed, or will never be.
  bool start_settled() const { return started_at_.has_value() || start_error_ != nullptr; }
  // Set if the start failed: what Start answers.
  std::exception_ptr start_error() const { return start_error_; }
  // Set once over() holds.
  const config::Result& result() const { return *result_; }
  std::shared_ptr<const config::Job> snapshot() const;

  // Moves along the table of transitions and publishes the event that belongs to it. False if the
  // table refuses; then nothing has changed.
  bool apply(Event event);

  // The polite end. A second request takes over: its signal is sent too, its grace counts.
  void request_stop(const StopRequest& request);
  // The unconditional end. Harmless on a job that is over.
  void request_kill(EndCause cause);
  const std::optional<StopRequest>& stop_request() const { return stop_request_; }
  // How many there were: tells a new one from one that has been acted on.
  unsigned stop_requests() const { return stop_requests_; }
  bool kill_requested() const { return kill_cause_ != EndCause::none; }
  // Either: a queued job ends at once, and is not started.
  bool end_requested() const { return stop_requests_ > 0 || kill_requested(); }
  // Nobody has asked for the end. A limit that ended an attempt is not somebody.
  bool may_go_on() const { return !asked_to_end_; }
  // What asked first for the end.
  EndCause end_cause() const { return end_cause_; }

  // What ends it when nobody asks; null for a job that is detached, and for one that is over.
  const std::shared_ptr<Bond>& bond() const { return bond_; }
  void bind(std::shared_ptr<Bond> bond);

  // Those of its spec, with what has been changed since.
  const config::Limits& limits() const { return limits_ ? *limits_ : spec_.limits; }
  // Sets those that the daemon watches and that are given.
  void change_limits(const config::Limits& changes);

  // Counts from 1; a job without a restart policy has one.
  int attempt() const { return attempt_; }

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

  // While the job runs: what acts on its tree. Null before and after.
  JobControl* control() const { return control_; }
  void set_control(JobControl* control) { control_ = control; }

  const Receipt& receipt() const { return receipt_; }
  Receipt& receipt() { return receipt_; }

  void mark_started(config::Time at, std::vector<int> main_pids);
  // Of a later attempt `error` reaches nobody: there is no request that waits for it.
  void mark_start_failed(std::exception_ptr error);
  // An attempt has ended as `result` says, and another follows after a while.
  void mark_restarting(config::Result result);
  // That while is over.
  void begin_attempt() { ++attempt_; }
  void mark_ended(config::Result result);

 private:
  void publish(config::EventKind kind);

  EventHub& events_;
  const std::string id_;
  const config::JobSpec spec_;
  const std::string slice_;
  const Owner owner_;
  const config::Time created_at_;
  config::State state_;
  std::optional<config::Time> begun_at_;
  std::optional<config::Time> started_at_;
  std::vector<int> main_pids_;
  std::exception_ptr start_error_;
  std::optional<config::Result> result_;
  std::optional<StopRequest> stop_request_;
  unsigned stop_requests_ = 0;
  EndCause kill_cause_ = EndCause::none;
  EndCause end_cause_ = EndCause::none;
  bool asked_to_end_ = false;
  int attempt_ = 1;
  std::shared_ptr<Bond> bond_;
  // Null until one is changed: most jobs never need a copy.
  std::unique_ptr<config::Limits> limits_;
  Logs logs_;
  std::shared_ptr<InputFeed> input_;
  std::shared_ptr<Terminal> terminal_;
  JobControl* control_ = nullptr;
  Receipt receipt_;
  Notifier changed_;
  Notifier wake_;
};

}  // namespace coppice::daemon
