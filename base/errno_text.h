// Words for errno: its symbolic name for programs, its text for people.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace coppice {

// "ENOENT"; "errno 4242" for a number that the C library has no name for.
std::string errno_name(int error);

// `open cgroup.kill of "ci/x": permission denied`: lower case, the call and its subject first.
std::string errno_message(std::string_view call, std::string_view subject, int error);

// An exception with that text. Pass errno as captured right after the failed call.
std::system_error errno_error(std::string_view call, std::string_view subject, int error);

}  // namespace coppice
