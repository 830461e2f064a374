// What a job file may say in words where the interface has a number: durations and sizes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace coppice::cli {

enum class Spelling { none, duration, size };

// What the field at `path` may be spelled as: the one table of them. A duration has a unit ("10s", "1m30s") and
// becomes milliseconds; a size has one too ("512M", "2G": powers of 1024) and becomes bytes. Numbers stay what the
// interface has.
Spelling spelling_of(std::string_view path);

// Replaces each spelling in `spec` by its number. Throws UsageError (values.h), with the path in `fault`, for one
// that is not understood.
void replace_spellings(nlohmann::json& spec, std::string& fault);

}  // namespace coppice::cli
