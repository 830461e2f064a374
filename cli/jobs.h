// Jobs as the daemon knows them.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "ipc/varlink/client.h"

namespace coppice::cli {

struct JobFilter {
  // Ended jobs too.
  bool all = false;
  std::optional<std::string> slice;
  std::map<std::string, std::string> labels;
};

// Each job of the daemon that fits, as a `Job` of the API.
void each_job(varlink::Client& client, const JobFilter& filter,
              const std::function<void(const nlohmann::json&)>& each);

// The `Job` that a word of the command line means: an id, the name of a live job, the beginning of an
// id (of any case), or the name of an ended job, the latest. Throws Trouble if there is none, or if the
// beginning fits several.
nlohmann::json find_job(varlink::Client& client, const std::string& word);

// A `JobRef` of it, by id. A whole id is not looked up.
nlohmann::json job_reference(varlink::Client& client, const std::string& word);

// {"job": reference}, for the many methods that take one.
nlohmann::json job_parameter(varlink::Client& client, const std::string& word);

// What is in a job's log goes to standard output; `parameters` are those of ReadLog. Throws Trouble, varlink::MethodError.
void print_log(varlink::Client& client, const nlohmann::json& parameters);

// "build (01J9ZQ…)", or the id alone for a job without a name.
std::string job_title(const nlohmann::json& job);

}  // namespace coppice::cli
