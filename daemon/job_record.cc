#include "daemon/job_record.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "config/limits.h"
#include "ipc/api/encoder.h"
#include "ipc/api/reader.h"

namespace coppice::config {

// Their names in the register: never changed, only added to.
constexpr std::array<std::string_view, 8> kEndCauses = {
    "none", "stop", "kill", "connection_closed", "process_ended", "lease_expired", "limit_exceeded", "shutdown"};
static_assert(kEndCauses.size() == static_cast<std::size_t>(daemon::EndCause::shutdown) + 1);

template <>
std::span<const std::string_view> names<daemon::EndCause>() {
  return kEndCauses;
}

}  // namespace coppice::config

namespace coppice::process {

template <typename Archive, api::Of<Credentials> Value>
void describe(Archive& a, Value& v) {
  a.field("uid", v.uid);
  a.field("gid", v.gid);
  a.field("groups", v.groups);
}

}  // namespace coppice::process

namespace coppice::daemon {

using api::Of;

template <typename Archive, Of<Exceeded> Value>
void describe(Archive& a, Value& v) {
  a.field("limit", v.limit);
  a.field("bound", v.bound);
}

template <typename Archive, Of<Owner> Value>
void describe(Archive& a, Value& v) {
  a.field("uid", v.uid);
  a.field("gid", v.gid);
  a.field("name", v.name);
}

template <typename Archive, Of<StopRequest> Value>
void describe(Archive& a, Value& v) {
  a.field("signal", v.signal);
  a.field("whom", v.whom);
  a.field("grace", v.grace);
  a.field("cause", v.cause);
}

template <typename Archive, Of<EndWish> Value>
void describe(Archive& a, Value& v) {
  a.field("stop", v.stop);
  a.field("stops", v.stops);
  a.field("kill", v.kill);
  a.field("first", v.first);
  a.field("asked", v.asked);
}

template <typename Archive, Of<BondRecord> Value>
void describe(Archive& a, Value& v) {
  a.field("bound", v.bound);
  a.field("ttl", v.ttl);
  a.field("lapsesAt", v.lapses_at);
}

template <typename Archive, Of<MainProcess> Value>
void describe(Archive& a, Value& v) {
  a.field("pid", v.pid);
  a.field("identity", v.identity);
  a.field("identityKind", v.identity_kind);
}

template <typename Archive, Of<AttemptRecord> Value>
void describe(Archive& a, Value& v) {
  a.field("number", v.number);
  a.field("firstKey", v.first_key);
  a.unless_empty("keeper", v.keeper);
  a.field("begunAt", v.begun_at);
  a.field("executedAt", v.executed_at);
  a.unless_empty("main", v.main);
  a.field("stopsDone", v.stops_done);
  a.field("graceEndsAt", v.grace_ends_at);
  a.field("stopDelivered", v.stop_delivered);
  a.field("leftoversStopped", v.leftovers_stopped);
  a.field("killed", v.killed);
  a.field("exceeded", v.exceeded);
  a.unless_empty("lacking", v.lacking);
  a.unless_empty("leftovers", v.leftovers);
  a.unless_empty("found", v.found);
  a.unless_empty("stages", v.stages);
}

template <typename Archive, Of<RestartRecord> Value>
void describe(Archive& a, Value& v) {
  a.field("delay", v.delay);
  a.field("attempts", v.attempts);
  a.field("nextAt", v.next_at);
}

namespace {

// Each part in place of what was; one that is not there leaves what is.
template <typename Archive, Of<JobRecord> Value>
void describe_parts(Archive& a, Value& v) {
  a.part("spec", v.spec);
  a.part("owner", v.owner);
  a.part("identity", v.identity);
  a.part("key", v.key);
  a.part("box", v.box);
  a.part("createdAt", v.created_at);
  a.part(part::kBegunAt, v.begun_at);
  a.part(part::kState, v.state);
  a.part(part::kStartedAt, v.started_at);
  a.part(part::kEnd, v.end);
  a.part(part::kAttempt, v.attempt);
  a.part(part::kRestart, v.restart);
  a.part(part::kLimits, v.limits);
  a.part(part::kBond, v.bond);
  a.part(part::kResult, v.result);
}

class PartWriter {
 public:
  // Of those alone; of all without any.
  PartWriter(Parts wanted, api::Cbor& out) : wanted_(wanted), encoder_(out) {}

  template <typename T>
  void part(std::string_view name, const T& value) {
    if (wanted_.size() > 0 && std::ranges::find(wanted_, name) == wanted_.end()) return;
    encoder_.field(name, value);
  }

 private:
  Parts wanted_;
  api::Encoder<api::Cbor> encoder_;
};

class PartReader {
 public:
  explicit PartReader(const nlohmann::json& in) : in_(in) {}

  template <typename T>
  void part(std::string_view name, T& value) {
    if (!in_.contains(name)) return;
    T fresh{};
    api::Reader reader(in_, "record");
    reader.field(name.data(), fresh);
    value = std::move(fresh);
  }

 private:
  const nlohmann::json& in_;
};

}  // namespace

void write(const JobRecord& record, Parts parts, api::Cbor& out) {
  out.begin_object();
  PartWriter writer(parts, out);
  describe_parts(writer, record);
  out.end_object();
}

void put_parts(const nlohmann::json& parts, JobRecord& record) {
  PartReader reader(parts);
  describe_parts(reader, record);
}

config::Job picture(const JobRecord& record) {
  config::Job job;
  const bool over = record.state == config::State::ended;
  job.id = record.id;
  job.name = record.spec.name;
  job.slice = record.spec.slice.value_or("");
  job.labels = record.spec.labels;
  job.owner = record.owner.name;
  job.commands = record.spec.commands;
  job.state = record.state;
  job.containment = config::Containment::cgroup;
  job.priority = record.spec.priority;
  if (!over)
    for (const MainProcess& main : record.attempt.main) job.main_pids.push_back(main.pid);
  job.attempt = record.attempt.number;
  const config::Limits& limits = record.limits ? *record.limits : record.spec.limits;
  if (!config::unlimited(limits)) job.limits = limits;
  job.lacking = record.attempt.lacking;
  job.started_at = record.started_at;
  job.result = record.result;
  return job;
}

}  // namespace coppice::daemon
