// Which jobs a call is about.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "daemon/job.h"
#include "daemon/services.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// The job that `reference` names, live or ended by its id, live by its name. One that is not in memory is made from the
// history; for any other nothing is waited for. Throws NoSuchJob, also for one that the peer may not know of,
// InvalidSpec for a reference to neither or both, std::runtime_error if the history cannot be read.
asio::awaitable<std::shared_ptr<Job>> find_job(const varlink::Call& call, Services& services,
                                               nlohmann::json reference);

// The same for the parameter `job` of the call.
asio::awaitable<std::shared_ptr<Job>> find_job(const varlink::Call& call, Services& services);

// For calls that take a job or a slice: the one job, or the slice's live jobs that the peer may touch.
// Throws InvalidSpec unless exactly one of the two is given, NoSuchJob, NoSuchSlice for one without a
// live job.
asio::awaitable<std::vector<std::shared_ptr<Job>>> find_targets(const varlink::Call& call, Services& services);

// A slice's path, checked; the empty one is the slice of all. Throws InvalidSpec.
std::string slice_path(const std::string& path);

// What acts on the tree of a job that runs. Throws WrongState for one that does not, or does not yet.
JobControl& running_control(const Job& job);

// Parameters that may be left out.
std::optional<std::int64_t> optional_int(const nlohmann::json& parameters, const char* name);
std::optional<std::string> optional_string(const nlohmann::json& parameters, const char* name);
// None for one that is left out.
std::vector<std::string> string_list(const nlohmann::json& parameters, const char* name);
bool flag(const nlohmann::json& parameters, const char* name);

}  // namespace coppice::daemon
