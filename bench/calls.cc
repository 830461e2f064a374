#include "bench/calls.h"

#include <nlohmann/json.hpp>

#include "ipc/varlink/message.h"

namespace coppice::bench {

using nlohmann::json;

json spec_of(const std::vector<std::string>& argv, const char* output, const std::string& slice,
             const std::string& name) {
  json command, stream, spec;
  command["argv"] = argv;
  stream["kind"] = output;
  spec["commands"] = json::array({command});
  spec["output"] = stream;
  if (!slice.empty()) spec["slice"] = slice;
  if (!name.empty()) spec["name"] = name;
  return spec;
}

std::string call_text(const char* method, const json& parameters, bool more) {
  return varlink::encode_call(std::string("io.coppice.Jobs.") + method, parameters, more, false, false);
}

std::string run_call(const json& spec) {
  json parameters;
  parameters["spec"] = spec;
  parameters["outputMax"] = 1;
  return call_text("Run", parameters);
}

std::string start_call(const json& spec) {
  json parameters;
  parameters["spec"] = spec;
  return call_text("Start", parameters);
}

std::string kill_slice_call(const std::string& slice) {
  json parameters;
  parameters["slice"] = slice;
  return call_text("Kill", parameters);
}

}  // namespace coppice::bench
