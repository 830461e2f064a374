// A specification as a job file in TOML that people read: the way back from job_file.h.
#pragma once

#include <string>
#include <string_view>

#include "config/job_spec.h"

namespace coppice::cli {

// Every field of JobSpec in the order of the interface: one that is set as a line of TOML, one that is not as a comment
// that tells its default. Read as a job file it is the same specification, unless it holds bytes that are not UTF-8:
// those are shown as \xHH, and a comment says so.
std::string job_file_text(const config::JobSpec& spec);

// What happens where the field at `path` ("limits.memoryMax") is left out; "" for a field that cannot be. A test asks
// for every field of the interface.
std::string_view default_of(std::string_view path);

}  // namespace coppice::cli
