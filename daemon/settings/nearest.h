// What somebody may have meant.
#pragma once

#include <string>
#include <string_view>

namespace coppice::daemon {

// About a key that does not exist: `did you mean "stop-timeout"?`, or which keys there are in its table.
std::string suggestion(std::string_view name);

}  // namespace coppice::daemon
