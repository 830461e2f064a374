#include "daemon/methods/target.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "config/check.h"
#include "config/errors.h"
#include "daemon/ended_job.h"
#include "daemon/errors.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

const json* given(const json& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found == parameters.end() || found->is_null() ? nullptr : &*found;
}

// For the log of what not everybody may.
bool touches(const varlink::Call& call, Services& services, const Job& job) {
  const bool may = services.access.may_touch(call.peer(), job.owner().uid);
  services.audit.touch(call, job, may ? Audit::Verdict::allowed : Audit::Verdict::denied);
  return may;
}

}  // namespace

asio::awaitable<std::shared_ptr<Job>> find_job(const varlink::Call& call, Services& services, json reference) {
  const api::JobRef wanted = api::job_ref_from_json(reference);
  auto job = wanted.id ? services.jobs.find(*wanted.id) : services.jobs.find_named(*wanted.name);
  if (!job && wanted.id) {
    auto recalling = recall_job(services, *wanted.id);
    job = co_await std::move(recalling);
  }
  if (!job || !touches(call, services, *job)) throw no_such_job(wanted);
  co_return job;
}

asio::awaitable<std::shared_ptr<Job>> find_job(const varlink::Call& call, Services& services) {
  json reference = call.parameters().at("job");
  auto finding = find_job(call, services, std::move(reference));
  co_return co_await std::move(finding);
}

asio::awaitable<std::vector<std::shared_ptr<Job>>> find_targets(const varlink::Call& call, Services& services) {
  const json* job = given(call.parameters(), "job");
  const json* slice = given(call.parameters(), "slice");
  if (!job && !slice) throw config::InvalidSpec("job", "name a job, or a slice");
  if (job && slice) throw config::InvalidSpec("slice", "name a job or a slice, not both");
  std::vector<std::shared_ptr<Job>> targets;
  if (job) {
    auto finding = find_job(call, services, *job);
    targets.push_back(co_await std::move(finding));
    co_return targets;
  }
  const std::string path = slice_path(slice->get<std::string>());
  for (auto& candidate : services.jobs.live_in(path))
    if (services.access.may_touch(call.peer(), candidate->owner().uid)) {
      services.audit.touch(call, *candidate, Audit::Verdict::allowed);
      targets.push_back(std::move(candidate));
    }
  if (targets.empty()) throw no_such_slice(path);
  co_return targets;
}

std::string slice_path(const std::string& path) {
  if (path.empty()) return path;
  if (const std::string fault = config::slice_fault(path); !fault.empty())
    throw config::InvalidSpec("slice", fault);
  return path;
}

JobControl& running_control(const Job& job) {
  if (job.control() && !job.over()) return *job.control();
  if (job.over()) throw wrong_state(job.state(), "the job has ended");
  throw wrong_state(job.state(), job.started() ? "no attempt of the job runs now" : "the job has not started yet");
}

std::optional<std::int64_t> optional_int(const json& parameters, const char* name) {
  const json* value = given(parameters, name);
  return value ? std::optional(value->get<std::int64_t>()) : std::nullopt;
}

std::optional<std::string> optional_string(const json& parameters, const char* name) {
  const json* value = given(parameters, name);
  return value ? std::optional(value->get<std::string>()) : std::nullopt;
}

std::vector<std::string> string_list(const json& parameters, const char* name) {
  const json* value = given(parameters, name);
  return value ? value->get<std::vector<std::string>>() : std::vector<std::string>();
}

bool flag(const json& parameters, const char* name) {
  const json* value = given(parameters, name);
  return value && value->get<bool>();
}

}  // namespace coppice::daemon
