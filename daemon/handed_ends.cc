#include "daemon/handed_ends.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "daemon/output/pipe.h"

namespace coppice::daemon {
namespace {

bool is_pipe(const std::optional<config::Stream>& stream) {
  return stream && stream->kind == config::Stream::Kind::pipe;
}

}  // namespace

HandedEnds make_pipes(const config::JobSpec& spec, PassedStreams& passed) {
  HandedEnds ends;
  if (is_pipe(spec.input)) {
    OutputPipe pipe = make_output_pipe();
    passed.input = std::move(pipe.read);
    ends.input = std::move(pipe.write);
  }
  if (is_pipe(spec.output)) {
    OutputPipe pipe = make_output_pipe();
    passed.output = std::move(pipe.write);
    ends.output = std::move(pipe.read);
  }
  if (is_pipe(spec.error)) {
    OutputPipe pipe = make_output_pipe();
    passed.error = std::move(pipe.write);
    ends.error = std::move(pipe.read);
  }
  return ends;
}

std::vector<UniqueFd> hand_over(HandedEnds ends, nlohmann::json& reply) {
  std::vector<UniqueFd> descriptors;
  const auto add = [&](const char* name, UniqueFd& end) {
    if (!end) return;
    reply[name] = descriptors.size();
    descriptors.push_back(std::move(end));
  };
  add("input", ends.input);
  add("output", ends.output);
  add("error", ends.error);
  return descriptors;
}

}  // namespace coppice::daemon
