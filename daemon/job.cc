#include "daemon/job.h"

#include <utility>

#include "daemon/bond.h"
#include "daemon/clock.h"

namespace coppice::daemon {
namespace {

// What the interface calls the change that brought a job into this state.
std::optional<config::EventKind> event_kind(Event event, config::State state) {
  switch (event) {
    case Event::admit:
      return config::EventKind::started;
    case Event::executed:
      return config::EventKind::ready;
    case Event::freeze:
      return config::EventKind::frozen;
    case Event::thaw:
      return config::EventKind::thawed;
    case Event::emptied:
      return config::EventKind::ended;
    case Event::restart:
      // Published with the result of the attempt.
      return std::nullopt;
    case Event::start_failed:
    case Event::stop:
    case Event::kill:
      break;
  }
  if (state == config::State::stopping) return config::EventKind::stopping;
  if (state == config::State::killing) return config::EventKind::killing;
  return std::nullopt;
}

}  // namespace

Job::Job(asio::io_context& context, EventHub& events, std::string id, config::JobSpec spec,
         Owner owner, config::State first)
    : events_(events),
      id_(std::move(id)),
      spec_(std::move(spec)),
      slice_(spec_.slice.value_or("")),
      owner_(std::move(owner)),
      created_at_(now()),
      state_(first),
      changed_(context),
      wake_(context) {
  if (spec_.input && spec_.input->kind == config::Stream::Kind::data)
    input_ = std::make_shared<InputFeed>(context);
  const bool queued = state_ == config::State::queued;
  if (!queued) begun_at_ = created_at_;
  publish(queued ? config::EventKind::queued : config::EventKind::started);
}

std::shared_ptr<const config::Job> Job::snapshot() const {
  auto job = std::make_shared<config::Job>();
  job->id = id_;
  job->name = spec_.name;
  job->slice = slice_;
  job->labels = spec_.labels;
  job->owner = owner_.name;
  job->commands = spec_.commands;
  job->state = state_;
  job->containment = config::Containment::cgroup;
  job->priority = spec_.priority;
  if (!over()) job->main_pids = main_pids_;
  job->attempt = attempt_;
  job->limits = limits();
  if (bond_) job->expires_at = bond_->expires_at();
  job->stuck = receipt_.stuck();
  job->started_at = started_at_;
  job->result = result_;
  return job;
}

bool Job::apply(Event event) {
  const auto next = next_state(state_, event);
  if (!next) return false;
  if (event == Event::admit) begun_at_ = now();
  const bool moved = *next != state_;
  state_ = *next;
  if (moved || event == Event::executed)
    if (const auto kind = event_kind(event, state_)) publish(*kind);
  changed_.notify_all();
  wake_.notify_all();
  return true;
}

void Job::request_stop(const StopRequest& request) {
  if (over()) return;
  if (end_cause_ == EndCause::none) end_cause_ = request.cause;
  if (request.cause != EndCause::limit_exceeded) asked_to_end_ = true;
  stop_request_ = request;
  ++stop_requests_;
  wake_.notify_all();
}

void Job::request_kill(EndCause cause) {
  if (over() || kill_requested()) return;
  if (end_cause_ == EndCause::none) end_cause_ = cause;
  if (cause != EndCause::limit_exceeded) asked_to_end_ = true;
  kill_cause_ = cause;
  wake_.notify_all();
}

void Job::bind(std::shared_ptr<Bond> bond) {
  bond_ = std::move(bond);
  bond_->hold(*this);
}

void Job::change_limits(const config::Limits& changes) {
  auto changed = std::make_unique<config::Limits>(limits());
  if (changes.wall_time) changed->wall_time = changes.wall_time;
  if (changes.silence) changed->silence = changes.silence;
  if (changes.cpu_time) changed->cpu_time = changes.cpu_time;
  limits_ = std::move(changed);
}

void Job::mark_started(config::Time at, std::vector<int> main_pids) {
  started_at_ = at;
  main_pids_ = std::move(main_pids);
  apply(Event::executed);
}

void Job::mark_start_failed(std::exception_ptr error) {
  if (!started()) start_error_ = std::move(error);
  apply(Event::start_failed);
}

void Job::mark_restarting(config::Result result) {
  main_pids_.clear();
  stop_request_.reset();
  stop_requests_ = 0;
  end_cause_ = kill_cause_ = EndCause::none;
  receipt_ = Receipt();
  apply(Event::restart);
  auto told = std::make_shared<config::Job>(*snapshot());
  told->result = std::move(result);
  events_.publish(config::EventKind::restarting, now(), std::move(told), owner_.uid);
}

void Job::mark_ended(config::Result result) {
  result_ = std::move(result);
  if (input_) input_->end();
  bond_.reset();
  apply(Event::emptied);
}

void Job::publish(config::EventKind kind) {
  events_.publish(kind, now(), snapshot(), owner_.uid);
}

}  // namespace coppice::daemon
