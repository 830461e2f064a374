#include "daemon/recovery.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "config/errors.h"
#include "config/names.h"
#include "daemon/bond.h"
#include "daemon/chronicle.h"
#include "daemon/clock.h"
#include "daemon/ended_job.h"
#include "daemon/held.h"
#include "daemon/job.h"
#include "daemon/job_start.h"
#include "daemon/process_identity.h"
#include "daemon/recalled_logs.h"
#include "daemon/streams.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

bool is_over(const JobRecord& record) { return record.state == config::State::ended; }

// A process that only the register knows of is the keeper's to follow from now on.
std::vector<InheritedCommand> commands_of(const JobRecord& record, const Handover& handover) {
  const AttemptRecord& attempt = record.attempt;
  std::vector<InheritedCommand> commands(record.spec.commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (const auto found = handover.commands.find(attempt.first_key + i); found != handover.commands.end()) {
      commands[i].handed = found->second;
    } else if (i < attempt.main.size()) {
      commands[i].main = attempt.main[i];
      commands[i].pidfd = open_process(attempt.main[i]);
    }
  }
  return commands;
}

std::shared_ptr<Job> make_ended(JobRecord record, Services& services) {
  const auto job = std::make_shared<Job>(services.io, services.chronicle, std::move(record), Job::Recorded());
  if (job->begun())
    job->set_logs(
        recall_logs(services.output, services.jobs_directory + "/" + job->id(), kept_streams(job->spec())));
  services.jobs.add(job);
  return job;
}

}  // namespace

Recovery::Recovery(Register& book, EventHub& events) : book_(book), events_(events) {
  book_.replay([this](const json& entry, bool of_this_boot) { take(entry, of_this_boot); });
}

void Recovery::take(const json& entry, bool of_this_boot) {
  try {
    if (const auto told = entry.find(entry::kShutdown); told != entry.end()) shutdown_ = told->get<bool>();
    if (const auto slice = entry.find(entry::kSlice); slice != entry.end()) {
      SliceBounds bounds;
      if (entry.contains(entry::kMaxJobs)) bounds.max_jobs = entry.at(entry::kMaxJobs).get<std::int64_t>();
      if (entry.contains(entry::kLimits)) bounds.limits = api::limits_from_json(entry.at(entry::kLimits));
      bounds_[*slice] = std::move(bounds);
    }
    const auto job = entry.find(entry::kJob);
    if (job == entry.end()) return;
    const std::string& id = job->get_ref<const std::string&>();
    if (entry.contains(entry::kRemoved)) {
      jobs_.erase(id);
      return;
    }
    if (const auto whole = entry.find(entry::kWhole); whole != entry.end()) {
      JobRecord record;
      record.id = id;
      put_parts(*whole, record);
      jobs_.insert_or_assign(id, std::move(record));
      if (!of_this_boot) bygone_.insert(id);
    }
    const auto known = jobs_.find(id);
    // Its beginning is in a segment that is gone.
    if (known == jobs_.end()) return;
    if (const auto parts = entry.find(entry::kParts); parts != entry.end()) put_parts(*parts, known->second);
    if (entry.contains(entry::kEvent)) take_event(entry, known->second);
  } catch (const std::exception& error) {
    problems_.push_back(std::string("a record of the register makes no sense and is passed over: ") + error.what());
  }
}

void Recovery::take_event(const json& entry, const JobRecord& record) {
  JobEvent event;
  event.sequence = entry.at(entry::kSequence);
  event.at = config::Time(std::chrono::microseconds(entry.at(entry::kAt).get<std::int64_t>()));
  const auto kind = config::parse<config::EventKind>(entry.at(entry::kEvent).get<std::string>());
  if (!kind) throw config::InvalidSpec("event", "not one of its values");
  event.kind = *kind;
  event.job = std::make_shared<const config::Job>(picture(record));
  event.owner = record.owner.uid;
  events_.restore(std::move(event));
}

std::size_t Recovery::live() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(jobs_, [](const auto& one) { return !is_over(one.second); }));
}

void Recovery::go_on(Handover& handover, Services& services, const std::function<void(const std::string&)>& complain) {
  for (const std::string& problem : book_.problems()) complain(problem);
  for (const std::string& problem : problems_) complain(problem);
  // Whatever is made of their cgroups has them.
  for (const auto& [slice, bounds] : bounds_) services.hierarchy.slices().remember_limits(slice, bounds.limits);
  // Places first, then the bounds, then who waits for a place: who had one keeps it.
  for (auto& [id, record] : jobs_)
    if (record.state != config::State::queued) enter(std::move(record), handover, services);
  for (const auto& [slice, bounds] : bounds_) services.slices.set_bounds(slice, bounds);
  for (auto& [id, record] : jobs_)
    if (record.state == config::State::queued) enter(std::move(record), handover, services);
  jobs_.clear();
}

// Boxes, commands and pens without a job: of one that was never recorded, or that ended and was not tidied up.
void Recovery::clear_up(const Handover& handover, Services& services) const {
  for (const auto& [id, record] : jobs_)
    services.keeper.skip_keys(std::max(record.box, record.attempt.first_key) + record.spec.commands.size());
  std::set<std::string, std::less<>> pens;
  std::set<process::Box> boxes = {kDaemonBox};
  std::set<process::Key> keys;
  for (const auto& [id, record] : jobs_) {
    if (is_over(record) || bygone_.contains(id)) continue;
    pens.insert(id);
    boxes.insert(record.box);
    for (std::size_t i = 0; i < record.spec.commands.size(); ++i) keys.insert(record.attempt.first_key + i);
  }
  services.hierarchy.clear_but(pens);
  for (const auto& [box, held] : handover.boxes)
    if (!boxes.contains(box)) services.keeper.drop(box);
  for (const auto& [key, command] : handover.commands)
    if (!keys.contains(key)) services.keeper.forget_handed(key);
}

void Recovery::enter(JobRecord record, Handover& handover, Services& services) {
  if (is_over(record)) {
    recall(record, services);
  } else if (bygone_.contains(record.id)) {
    declare_lost(std::move(record), services);
  } else {
    adopt(std::move(record), handover, services);
  }
}

void Recovery::recall(const JobRecord& record, Services& services) const {
  const auto job = make_ended(record, services);
  settle_ended(*job, services);
}

void Recovery::declare_lost(JobRecord record, Services& services) const {
  const auto job = make_ended(std::move(record), services);
  config::Result result;
  result.outcome = config::Outcome::lost;
  result.detail = "the machine was started anew";
  result.started_at = job->begun_at();
  result.ended_at = now();
  job->record_end(std::move(result));
  job->mark_ended();
  settle_ended(*job, services);
}

void Recovery::adopt(JobRecord record, Handover& handover, Services& services) const {
  Inheritance inheritance;
  if (const auto box = handover.boxes.find(record.box); box != handover.boxes.end())
    inheritance.held = std::move(box->second);
  inheritance.commands = commands_of(record, handover);
  auto place = services.slices.enter(record.spec.slice.value_or(""), record.spec.priority.value_or(0));
  const std::optional<BondRecord> bond = record.bond;
  const auto job = std::make_shared<Job>(services.io, services.chronicle, std::move(record), Job::Recorded());
  services.jobs.add(job);
  if (bond)
    if (auto bound = recovered_bond(services.io, *bond, daemon::take(inheritance.held, held::kBond)))
      job->bind(std::move(bound));
  daemon::go_on(job, services, std::move(place), std::move(inheritance));
}

}  // namespace coppice::daemon
