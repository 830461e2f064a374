// Standard input, output and error of one job: what the child gets, and what we keep of it.
#pragma once

#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "config/job_spec.h"
#include "daemon/job.h"
#include "daemon/output/capture.h"
#include "daemon/output/output.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// Descriptors that came with the request, taken out of it before it is answered. A stream that is no
// passed descriptor owns nothing here.
struct PassedStreams {
  UniqueFd input;
  UniqueFd output;
  UniqueFd error;
};

// Throws InvalidParameter naming the stream whose index does not fit.
PassedStreams take_streams(varlink::Call& call, const config::JobSpec& spec);

struct Streams {
  // The child's ends; to be dropped once it runs, or the end of a log would never come. Output and
  // error may be the same.
  UniqueFd input;
  UniqueFd output;
  UniqueFd error;
  // Ours; null where nothing is captured. `error` is null when it follows the output.
  std::shared_ptr<Capture> captured_output;
  std::shared_ptr<Capture> captured_error;

  void close_child_ends();
  int error_descriptor() const { return error ? error.get() : output.get(); }
  Logs logs() const;
};

// Opens what the spec asks for. `directory` is where logs go; its parent exists. Descriptors of a
// client are handed on as they are: their flags and offsets are never touched (O4).
// Throws std::system_error for a shortage.
Streams open_streams(const config::JobSpec& spec, PassedStreams passed, Output& output,
                     const std::string& directory);

// Removes what was captured, in the background, once nothing is written any more.
void remove_logs(const Logs& logs);

}  // namespace coppice::daemon
