#include "daemon/chronicle.h"

#include <exception>
#include <utility>

#include "config/names.h"
#include "daemon/clock.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {

Chronicle::Chronicle(EventHub& events, Register* book, std::function<void(const std::string&)> complain)
    : events_(events), book_(book), complain_(std::move(complain)) {}

void Chronicle::begin(const JobRecord& record, config::EventKind kind, std::shared_ptr<const config::Job> job) {
  const config::Time at = now();
  if (book_ != nullptr) {
    api::Cbor& entry = begin_event_entry(record, kind, at);
    entry.key(entry::kWhole);
    write(record, {}, entry);
    entry.end_object();
    book_->append(entry.bytes(), Register::Weight::refusable);
  }
  publish(record, kind, at, std::move(job));
}

void Chronicle::tell(const JobRecord& record, Parts changed, config::EventKind kind,
                     std::shared_ptr<const config::Job> job) {
  const config::Time at = now();
  if (book_ != nullptr) {
    api::Cbor& entry = begin_event_entry(record, kind, at);
    entry.key(entry::kParts);
    write(record, changed, entry);
    append();
  }
  publish(record, kind, at, std::move(job));
}

void Chronicle::note(const JobRecord& record, Parts changed) {
  if (book_ == nullptr) return;
  api::Cbor& entry = begin_job_entry(record);
  entry.key(entry::kParts);
  write(record, changed, entry);
  append();
}

void Chronicle::note_whole(const JobRecord& record) {
  if (book_ == nullptr) return;
  api::Cbor& entry = begin_job_entry(record);
  entry.key(entry::kWhole);
  write(record, {}, entry);
  append();
}

void Chronicle::note_removed(const std::string& id) {
  if (book_ == nullptr) return;
  api::Cbor& entry = begin_entry();
  entry.key(entry::kJob);
  entry.text(id);
  entry.key(entry::kRemoved);
  entry.boolean(true);
  append();
}

void Chronicle::note_bounds(std::string_view slice, const SliceBounds& bounds) {
  if (book_ == nullptr) return;
  api::Cbor& entry = begin_entry();
  entry.key(entry::kSlice);
  entry.text(slice);
  if (bounds.max_jobs) {
    entry.key(entry::kMaxJobs);
    entry.integer(*bounds.max_jobs);
  }
  if (!config::unlimited(bounds.limits)) {
    entry.key(entry::kLimits);
    api::write(bounds.limits, entry);
  }
  append();
}

void Chronicle::note_shutdown(bool told) {
  if (book_ == nullptr) return;
  api::Cbor& entry = begin_entry();
  entry.key(entry::kShutdown);
  entry.boolean(told);
  append();
}

api::Cbor& Chronicle::begin_entry() {
  entry_.clear();
  entry_.begin_object();
  return entry_;
}

api::Cbor& Chronicle::begin_job_entry(const JobRecord& record) {
  api::Cbor& entry = begin_entry();
  entry.key(entry::kJob);
  entry.text(record.id);
  return entry;
}

api::Cbor& Chronicle::begin_event_entry(const JobRecord& record, config::EventKind kind, config::Time at) {
  api::Cbor& entry = begin_job_entry(record);
  entry.key(entry::kEvent);
  entry.text(config::name_of(kind));
  entry.key(entry::kSequence);
  entry.integer(events_.last_sequence() + 1);
  entry.key(entry::kAt);
  entry.integer(api::to_wire(at));
  return entry;
}

void Chronicle::publish(const JobRecord& record, config::EventKind kind, config::Time at,
                        std::shared_ptr<const config::Job> job) {
  events_.publish(kind, at, std::move(job), record.owner.uid);
}

void Chronicle::append() noexcept {
  try {
    entry_.end_object();
    book_->append(entry_.bytes(), Register::Weight::needed);
    complained_ = false;
  } catch (const std::exception& error) {
    if (std::exchange(complained_, true) || !complain_) return;
    complain_(std::string("a change of a job could not be recorded (") + error.what() +
              "): it happens all the same, and would be forgotten if the daemon died now");
  }
}

}  // namespace coppice::daemon
