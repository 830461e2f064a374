#include "daemon/chronicle.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/names.h"
#include "daemon/clock.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

json describe_event(const EventHub& events, config::EventKind kind, config::Time at) {
  return {{entry::kEvent, config::name_of(kind)},
          {entry::kSequence, events.last_sequence() + 1},
          {entry::kAt, api::to_wire(at)}};
}

}  // namespace

Chronicle::Chronicle(EventHub& events, Register* book, std::function<void(const std::string&)> complain)
    : events_(events), book_(book), complain_(std::move(complain)) {}

void Chronicle::begin(const JobRecord& record, config::EventKind kind, std::shared_ptr<const config::Job> job) {
  const config::Time at = now();
  if (book_ != nullptr) {
    json entry = describe_event(events_, kind, at);
    entry[entry::kJob] = record.id;
    entry[entry::kWhole] = to_json(record);
    book_->append(entry, Register::Weight::refusable);
  }
  publish(record, kind, at, std::move(job));
}

void Chronicle::tell(const JobRecord& record, Parts changed, config::EventKind kind,
                     std::shared_ptr<const config::Job> job) {
  const config::Time at = now();
  if (book_ != nullptr) {
    json entry = describe_event(events_, kind, at);
    entry[entry::kJob] = record.id;
    entry[entry::kParts] = to_json(record, changed);
    append(entry);
  }
  publish(record, kind, at, std::move(job));
}

void Chronicle::note(const JobRecord& record, Parts changed) {
  if (book_ == nullptr) return;
  append({{entry::kJob, record.id}, {entry::kParts, to_json(record, changed)}});
}

void Chronicle::note_whole(const JobRecord& record) {
  if (book_ == nullptr) return;
  append({{entry::kJob, record.id}, {entry::kWhole, to_json(record)}});
}

void Chronicle::note_removed(const std::string& id) {
  if (book_ == nullptr) return;
  append({{entry::kJob, id}, {entry::kRemoved, true}});
}

void Chronicle::note_bounds(std::string_view slice, const SliceBounds& bounds) {
  if (book_ == nullptr) return;
  json entry = {{entry::kSlice, slice}};
  if (bounds.max_jobs) entry[entry::kMaxJobs] = *bounds.max_jobs;
  if (!config::unlimited(bounds.limits)) entry[entry::kLimits] = api::to_json(bounds.limits);
  append(entry);
}

void Chronicle::note_shutdown(bool told) {
  if (book_ != nullptr) append({{entry::kShutdown, told}});
}

void Chronicle::publish(const JobRecord& record, config::EventKind kind, config::Time at,
                        std::shared_ptr<const config::Job> job) {
  events_.publish(kind, at, std::move(job), record.owner.uid);
}

void Chronicle::append(const json& entry) noexcept {
  try {
    book_->append(entry, Register::Weight::needed);
    complained_ = false;
  } catch (const std::exception& error) {
    if (std::exchange(complained_, true) || !complain_) return;
    complain_(std::string("a change of a job could not be recorded (") + error.what() +
              "): it happens all the same, and would be forgotten if the daemon died now");
  }
}

}  // namespace coppice::daemon
