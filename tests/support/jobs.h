// Speaking to a daemon about jobs, and the fixture of tests that do.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/varlink/client.h"
#include "ipc/varlink/method_error.h"

namespace coppice::support {

using nlohmann::json;

json spec(const std::vector<std::string>& argv);
// A spec that runs a line of shell.
json shell(const std::string& line);

// Calls io.coppice.Jobs.METHOD; throws std::runtime_error for an error reply and when none comes within
// the deadline.
json call(varlink::Client& client, std::string_view method, const json& parameters,
          const std::vector<int>& descriptors = {});
// The next reply of a call with `more`, within the deadline.
varlink::Reply next_reply(varlink::Client& client);
// The short name of the error that the call answers with, and its parameters; "" for success.
struct Failure {
  std::string name;
  json parameters;
};
Failure failure(varlink::Client& client, std::string_view method, const json& parameters,
                const std::vector<int>& descriptors = {});

// The Job of a Start.
json start(varlink::Client& client, const json& spec, const std::vector<int>& descriptors = {});
// {"id": …}, as a JobRef.
json ref(const json& job);
// The Result, whatever the outcome.
json wait(varlink::Client& client, const json& job);
json kill(varlink::Client& client, const json& job);
// All that is in a job's log.
std::string log_of(varlink::Client& client, const json& job, const std::string& stream = "output");
// The state of a job now.
std::string state_of(varlink::Client& client, const json& job);

std::string decode_base64(std::string_view text);

}  // namespace coppice::support
