// The pipe between a job and its log.
#pragma once

#include "base/unique_fd.h"

namespace coppice::daemon {

struct OutputPipe {
  // Ours alone.
  UniqueFd read;
  // For the job: blocking, and closed by us once the job has it, or the end would never come.
  UniqueFd write;
};

// Both close-on-exec. Throws std::system_error (EMFILE, ENFILE, ENOMEM).
OutputPipe make_output_pipe();

struct PipeState {
  // Bytes are in it.
  bool readable = false;
  // Nothing is in it and nobody can write to it any more.
  bool at_end = false;
};

// Takes nothing out.
PipeState look_into(int pipe) noexcept;

}  // namespace coppice::daemon
