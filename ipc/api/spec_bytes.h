// The strings of a JobSpec that may be any bytes, as the content of the memory file behind its bytesFd: both
// directions. The layout is told at that field in io.coppice.Jobs.varlink. Pure functions: any thread.
#pragma once

#include <string>
#include <string_view>

#include "config/errors.h"
#include "config/job_spec.h"

namespace coppice::api {

// Moves programs, arguments, environment and paths out of `spec` and answers the content of the file. As many
// commands stay behind, with an empty argv. Throws std::invalid_argument if one of the strings holds a NUL byte
// or a command has no program: config::check() says which.
std::string take_spec_bytes(config::JobSpec& spec);

// Puts them back, into the spec that came beside the file. Throws InvalidSpec: for spec.bytesFd where the content is
// malformed, says a thing twice or is over config::cap::kBytes, with the offset of the string; for the field
// beside it that should have been left out. What the strings mean is for config::check().
void give_spec_bytes(std::string_view bytes, config::JobSpec& spec);

}  // namespace coppice::api
