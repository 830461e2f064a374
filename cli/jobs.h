// Jobs as the daemon knows them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/persistent_client.h"

namespace coppice::cli {

struct JobFilter {
  enum class Which { live, ended };
  Which which = Which::live;
  std::optional<std::string> slice = {};
  std::map<std::string, std::string> labels = {};
  // Only the latest so many.
  std::optional<std::int64_t> limit = {};
  // With what those that run use.
  bool usage = false;
};

// Each job of the daemon that fits, as a `Job` of the API, in the order of their starts.
void each_job(PersistentClient& client, const JobFilter& filter,
              const std::function<void(const nlohmann::json&)>& each);

// Each job of the history that fits the parameters of History, the latest first.
void each_ended(PersistentClient& client, const nlohmann::json& parameters,
                const std::function<void(const nlohmann::json&)>& each);

// The `Job` that a word of the command line means: an id, the name of a live job, the beginning of an
// id (of any case), or the name of an ended job, the latest. Throws Trouble if there is none, or if the
// beginning fits several.
nlohmann::json find_job(PersistentClient& client, const std::string& word);

// A `JobRef` of it, by id. A whole id is not looked up.
nlohmann::json job_reference(PersistentClient& client, const std::string& word);

// {"job": reference}, for the many methods that take one.
nlohmann::json job_parameter(PersistentClient& client, const std::string& word);

// The pieces of a job's log as ReadLog tells them; `parameters` are its own. With `follow` standard output is flushed
// behind each. Throws Trouble, varlink::MethodError.
void read_log(PersistentClient& client, nlohmann::json parameters,
              const std::function<void(const nlohmann::json&)>& each);
// Their bytes go to standard output. With `timed` each line begins with the time when it was captured.
void print_log(PersistentClient& client, nlohmann::json parameters);

// "build (01J9ZQ…)", or the id alone for a job without a name.
std::string job_title(const nlohmann::json& job);

}  // namespace coppice::cli
