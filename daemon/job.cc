#include "daemon/job.h"

#include <utility>

#include "daemon/bond.h"
#include "daemon/clock.h"
#include "daemon/crash_point.h"

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

JobRecord of_now(JobRecord record) {
  record.created_at = now();
  if (record.state != config::State::queued) record.begun_at = record.created_at;
  record.attempt.begun_at = record.created_at;
  return record;
}

// Of its spec there is what a picture shows.
JobRecord record_of(const config::Job& ended, Owner owner, bool begun) {
  JobRecord record;
  record.id = ended.id;
  record.spec.commands = ended.commands;
  record.spec.name = ended.name;
  record.spec.slice = ended.slice;
  record.spec.labels = ended.labels;
  record.spec.priority = ended.priority;
  record.spec.limits = ended.limits.value_or({});
  record.owner = std::move(owner);
  record.created_at = ended.result->started_at;
  if (begun) record.begun_at = record.created_at;
  record.state = config::State::ended;
  record.started_at = ended.started_at;
  record.attempt.number = ended.attempt;
  record.result = ended.result;
  return record;
}

}  // namespace

Job::Job(asio::io_context& context, Chronicle& chronicle, JobRecord record)
    : Job(context, chronicle, of_now(std::move(record)), Recorded()) {
  const bool queued = state() == config::State::queued;
  chronicle_.begin(record_, queued ? config::EventKind::queued : config::EventKind::started, snapshot());
}

Job::Job(asio::io_context& context, Chronicle& chronicle, JobRecord record, Recorded /*recorded*/)
    : chronicle_(chronicle),
      record_(std::move(record)),
      slice_(record_.spec.slice.value_or("")),
      changed_(context),
      wake_(context) {
  if (!over() && spec().input && spec().input->kind == config::Stream::Kind::data)
    input_ = std::make_shared<InputFeed>(context);
  receipt_.restore(record_.attempt.found);
  if (over()) recalled_ = std::make_shared<const config::Job>(picture(record_));
}

Job::Job(asio::io_context& context, Chronicle& chronicle, std::shared_ptr<const config::Job> ended, Owner owner,
         bool begun)
    : Job(context, chronicle, record_of(*ended, std::move(owner), begun), Recorded()) {
  recalled_ = std::move(ended);
}

std::shared_ptr<const config::Job> Job::snapshot() const {
  if (recalled_) return recalled_;
  if (final_) return final_;
  auto job = std::make_shared<config::Job>(picture(record_));
  if (bond_) job->expires_at = bond_->expires_at();
  job->stuck = receipt_.stuck();
  return job;
}

bool Job::apply(Event event) {
  const auto next = next_state(state(), event);
  if (!next) return false;
  if (event == Event::admit) record_.begun_at = record_.attempt.begun_at = now();
  const bool moved = *next != state();
  record_.state = *next;
  if (moved || event == Event::executed)
    if (const auto kind = event_kind(event, state())) publish(event, *kind);
  changed_.notify_all();
  wake_.notify_all();
  return true;
}

void Job::request_stop(const StopRequest& request) {
  if (over()) return;
  EndWish& end = record_.end;
  if (end.first == EndCause::none) end.first = request.cause;
  if (request.cause != EndCause::limit_exceeded) end.asked = true;
  end.stop = request;
  ++end.stops;
  chronicle_.note(record_, {part::kEnd});
  crash_point("stop.registered");
  wake_.notify_all();
}

void Job::request_kill(EndCause cause) {
  if (over() || kill_requested()) return;
  EndWish& end = record_.end;
  if (end.first == EndCause::none) end.first = cause;
  if (cause != EndCause::limit_exceeded) end.asked = true;
  end.kill = cause;
  chronicle_.note(record_, {part::kEnd});
  crash_point("kill.registered");
  wake_.notify_all();
}

void Job::bind(std::shared_ptr<Bond> bond) {
  bond_ = std::move(bond);
  bond_->hold(*this);
  // A lease begins with that.
  if (bond_->expires_at()) save_bond();
}

void Job::save_bond() {
  record_.bond = bond_->record();
  chronicle_.note(record_, {part::kBond});
}

void Job::change_limits(const config::Limits& limits) {
  record_.limits = limits;
  chronicle_.note(record_, {part::kLimits});
}

void Job::mark_started(config::Time at, std::int64_t executed, std::vector<MainProcess> main) {
  record_.started_at = at;
  record_.attempt.executed_at = executed;
  record_.attempt.main = std::move(main);
  apply(Event::executed);
}

void Job::mark_start_failed(std::exception_ptr error) {
  if (!started()) start_error_ = std::move(error);
  apply(Event::start_failed);
}

void Job::mark_restarting(config::Result result) {
  record_.attempt.main.clear();
  record_.end = EndWish();
  receipt_ = Receipt();
  record_.attempt.found.clear();
  apply(Event::restart);
  auto told = std::make_shared<config::Job>(*snapshot());
  told->result = std::move(result);
  chronicle_.tell(record_, {part::kState, part::kEnd, part::kAttempt, part::kRestart}, config::EventKind::restarting,
                  std::move(told));
  crash_point("restart.registered");
}

void Job::begin_attempt(std::uint64_t first_key, int keeper) {
  const int number = attempt() + 1;
  record_.attempt = AttemptRecord();
  record_.attempt.number = number;
  record_.attempt.first_key = first_key;
  record_.attempt.keeper = keeper;
  record_.attempt.begun_at = now();
  record_.restart->next_at.reset();
  chronicle_.note(record_, {part::kAttempt, part::kRestart});
}

void Job::record_end(config::Result result) {
  record_.result = std::move(result);
  chronicle_.note(record_, {part::kResult});
}

void Job::mark_ended() {
  if (input_) input_->end();
  bond_.reset();
  apply(Event::emptied);
}

void Job::publish(Event event, config::EventKind kind) {
  switch (event) {
    case Event::admit:
      return chronicle_.tell(record_, {part::kState, part::kBegunAt, part::kAttempt}, kind, snapshot());
    case Event::executed:
      return chronicle_.tell(record_, {part::kState, part::kStartedAt, part::kAttempt}, kind, snapshot());
    case Event::emptied:
      final_ = snapshot();
      return chronicle_.tell(record_, {part::kState}, kind, final_);
    default:
      return chronicle_.tell(record_, {part::kState}, kind, snapshot());
  }
}

}  // namespace coppice::daemon
