// The errors of io.coppice.Jobs as exceptions, and how everything else that a request may throw
// becomes one of them.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "config/job.h"
#include "daemon/job.h"
#include "ipc/api/codec.h"
#include "ipc/varlink/method_error.h"

namespace coppice::daemon {

varlink::MethodError no_such_job(const api::JobRef& job);
varlink::MethodError no_such_slice(std::string_view slice);
varlink::MethodError name_taken(std::string_view name, std::string_view id);
varlink::MethodError job_failed(const Job& job);
varlink::MethodError still_dying(const Job& job);
varlink::MethodError wrong_state(config::State state, std::string_view reason);
varlink::MethodError permission_denied(std::string_view reason);
varlink::MethodError timed_out();
varlink::MethodError exhausted(std::string_view resource, std::int64_t limit);
varlink::MethodError shutting_down();

// A start that failed at `step`; `path` is empty where none is concerned.
varlink::MethodError start_failed(std::string_view step, int command, int error,
                                  std::string_view path, const std::string& message);

// For Service::translate(): specifications that make no sense, shortages of descriptors, memory or
// processes (Exhausted), refusals of the kernel. What is left is a fault of ours: it is logged, and
// answered as a failed start of step `internal`, so that the client knows and the daemon goes on.
varlink::MethodError translate(std::exception_ptr error);

}  // namespace coppice::daemon
