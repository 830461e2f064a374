// What a user may have of jobs, and what its jobs may take (guarantee A4).
#pragma once

#include <sys/types.h>

#include <string>

#include "config/job_spec.h"
#include "daemon/job_table.h"
#include "daemon/settings/settings.h"

namespace coppice::daemon {

// Whether the user may have one more job, in that slice. Throws Exhausted, which names the bound.
void require_room(uid_t user, const Quotas& quotas, const JobTable& jobs, const std::string& slice, bool queued);

// A user's bound on processes becomes the rlimit nproc of the job: the kernel then refuses a fork beyond it, whoever of
// that user's processes forks. One that the spec has already may be lower. Throws Exhausted for a higher one.
void bound_processes(config::JobSpec& spec, const Quotas& quotas);

// A user's bound on memory holds because each of its jobs has a memoryMax that the kernel enforces, and their sum stays
// within it. Throws InvalidSpec for a spec without such a limit, Exhausted for one that is too much.
void require_memory(const config::JobSpec& spec, uid_t user, const Quotas& quotas, const JobTable& jobs);
// The same for limits that are to take the place of those of `job`.
void require_memory(const config::Limits& limits, const Job& job, const Quotas& quotas, const JobTable& jobs);

}  // namespace coppice::daemon
