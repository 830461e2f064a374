#include "daemon/crash_point.h"

namespace coppice::daemon {

void crash_point(const char* /*name*/) noexcept {}

}  // namespace coppice::daemon
