#include "daemon/errors.h"

#include <sys/resource.h>

#include <cerrno>
#include <new>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "base/errno_text.h"
#include "config/errors.h"
#include "config/names.h"
#include "ipc/api/escape.h"
#include "ipc/api/interface.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;
using varlink::MethodError;

std::int64_t soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 ? static_cast<std::int64_t>(limit.rlim_cur) : 0;
}

MethodError translate_errno(const std::system_error& error) {
  const int code = error.code().category() == std::generic_category() ||
                           error.code().category() == std::system_category()
                       ? error.code().value()
                       : 0;
  switch (code) {
    case EMFILE:
      return exhausted("descriptors of the daemon", soft_limit(RLIMIT_NOFILE));
    case ETOOMANYREFS:
      return exhausted("descriptors on their way to clients", soft_limit(RLIMIT_NOFILE));
    case ENFILE:
      return exhausted("open files of the system", 0);
    case ENOMEM:
      return exhausted("memory", 0);
    case EAGAIN:
      return exhausted("processes or cgroups of the system", 0);
    default:
      return start_failed("internal", 0, code, "", error.what());
  }
}

}  // namespace

MethodError no_such_job(const api::JobRef& job) {
  return {api::error::kNoSuchJob, {{"job", api::to_json(job)}}};
}

MethodError no_such_slice(std::string_view slice) {
  return {api::error::kNoSuchSlice, {{"slice", slice}}};
}

MethodError name_taken(std::string_view name, std::string_view id) {
  return {api::error::kNameTaken, {{"name", name}, {"id", id}}};
}

MethodError job_failed(const Job& job) {
  return {api::error::kJobFailed,
          {{"job", api::to_json(*job.snapshot())}, {"result", api::to_json(job.result())}}};
}

MethodError still_dying(const Job& job) {
  json stuck = json::array();
  for (const auto& process : job.receipt().stuck()) stuck.push_back(api::to_json(process));
  return {api::error::kStillDying,
          {{"job", api::to_json(*job.snapshot())}, {"stuck", std::move(stuck)}}};
}

MethodError wrong_state(config::State state, std::string_view reason) {
  return {api::error::kWrongState, {{"state", config::name_of(state)}, {"reason", reason}}};
}

MethodError permission_denied(std::string_view reason) {
  return {api::error::kPermissionDenied, {{"reason", reason}}};
}

MethodError timed_out() { return MethodError(api::error::kTimedOut); }

MethodError exhausted(std::string_view resource, std::int64_t limit) {
  return {api::error::kExhausted, {{"resource", resource}, {"limit", limit}}};
}

MethodError shutting_down() { return MethodError(api::error::kShuttingDown); }

MethodError start_failed(std::string_view step, int command, int error, std::string_view path,
                         const std::string& message) {
  json parameters = {{"step", step},
                     {"command", command},
                     {"errno", error},
                     {"name", error == 0 ? std::string() : errno_name(error)},
                     {"message", api::escape_bytes(message)}};
  if (!path.empty()) parameters["path"] = api::escape_bytes(path);
  return {api::error::kStartFailed, std::move(parameters)};
}

MethodError translate(std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (const MethodError& known) {
    return known;
  } catch (const config::InvalidSpec& invalid) {
    return {api::error::kInvalidSpec, {{"field", api::escape_bytes(invalid.field())},
             {"reason", api::escape_bytes(invalid.reason())}}};
  } catch (const config::LimitUnavailable& limit) {
    return {api::error::kLimitUnavailable,
            {{"limit", limit.limit()}, {"reason", limit.reason()}}};
  } catch (const config::ContainmentUnavailable& containment) {
    std::vector<std::string_view> available;
    for (const auto kind : containment.available()) available.push_back(config::name_of(kind));
    return {api::error::kContainmentUnavailable,
            {{"available", available}, {"reason", containment.reason()}}};
  } catch (const std::system_error& failure) {
    return translate_errno(failure);
  } catch (const std::bad_alloc&) {
    return exhausted("memory", 0);
  } catch (const std::exception& failure) {
    return start_failed("internal", 0, 0, "", failure.what());
  }
}

}  // namespace coppice::daemon
