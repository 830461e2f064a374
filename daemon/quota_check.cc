#include "daemon/quota_check.h"

#include <string>

#include "config/errors.h"
#include "config/quantity.h"
#include "daemon/errors.h"

namespace coppice::daemon {
namespace {

constexpr char kProcesses[] = "nproc";

void require_sum(const std::optional<std::int64_t>& memory, const char* field, uid_t user, const Quotas& quotas,
                 const JobTable& jobs, const Job* but) {
  if (!memory)
    throw config::InvalidSpec(field, "give this limit: the jobs of user " + std::to_string(user) + " share " +
                                         config::size_text(quotas.memory));
  std::int64_t left = quotas.memory;
  for (const auto& job : jobs.live_in(""))
    if (job.get() != but && job->owner().uid == user) left -= job->spec().limits.memory_max.value_or(0);
  if (*memory > left) throw exhausted("memory of one user", quotas.memory);
}

void require(std::size_t wanted, std::int64_t bound, const char* what) {
  if (static_cast<std::int64_t>(wanted) > bound) throw exhausted(what, bound);
}

}  // namespace

void require_room(uid_t user, const Quotas& quotas, const JobTable& jobs, const std::string& slice, bool queued) {
  const UserJobs::Count& count = jobs.of_user(user);
  require(count.live + 1, quotas.live_jobs, "live jobs of one user");
  if (queued) require(count.queued.size() + 1, quotas.queued_jobs, "queued jobs of one user");
  if (!count.slices.contains(slice)) require(count.slices.size() + 1, quotas.slices, "slices of one user");
}

void bound_processes(config::JobSpec& spec, const Quotas& quotas) {
  if (quotas.processes == Quotas::kUnlimited) return;
  const auto asked = spec.limits.rlimits.find(kProcesses);
  if (asked == spec.limits.rlimits.end()) {
    spec.limits.rlimits[kProcesses] = {quotas.processes, quotas.processes};
    return;
  }
  const auto within = [&quotas](const std::optional<std::int64_t>& value) { return value && *value <= quotas.processes; };
  if (!within(asked->second.soft) || !within(asked->second.hard))
    throw exhausted("processes of one user", quotas.processes);
}

void require_memory(const config::JobSpec& spec, uid_t user, const Quotas& quotas, const JobTable& jobs) {
  if (quotas.memory == Quotas::kUnlimited) return;
  if (!spec.limits_required.value_or(true))
    throw config::InvalidSpec("limitsRequired", "leave it out: memory is shared, and a limit of it that does not hold is none");
  require_sum(spec.limits.memory_max, "limits.memoryMax", user, quotas, jobs, nullptr);
}

void require_memory(const config::Limits& limits, const Job& job, const Quotas& quotas, const JobTable& jobs) {
  if (quotas.memory == Quotas::kUnlimited) return;
  require_sum(limits.memory_max, "limits.memoryMax", job.owner().uid, quotas, jobs, &job);
}

}  // namespace coppice::daemon
