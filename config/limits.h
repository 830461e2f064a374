// Limits field by field: which are set, which the kernel's controllers enforce, and what SetLimits does to them.
//
// Pure functions, any thread. Names are those of the interface: "memoryMax".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/job_spec.h"

namespace coppice::config {

// All but rlimits that are set, in the order of the interface.
std::vector<std::string> set_limits(const Limits& limits);

// Those of them that need a controller of the kernel; the daemon watches the others.
std::vector<std::string> controlled_limits(const Limits& limits);

// Whether nothing at all is set.
bool unlimited(const Limits& limits);

// Puts those of `names` as they are in `from`, set or not, in place of what they are in `to`. Other names than those
// of fields, and rlimits, are passed over.
void copy_limits(const Limits& from, Limits& to, const std::vector<std::string>& names);

// Which of them may be lifted.
enum class Liftable { any, controlled };

// Throws InvalidSpec, naming `lift`, for a name that is no field of Limits which can be changed, or that is set in
// `changes` as well.
void check_lift(const std::vector<std::string>& lift, const Limits& changes, Liftable which);

}  // namespace coppice::config
