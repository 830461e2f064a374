#include "daemon/output/output.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

UniqueFd open_null_device() {
  UniqueFd fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!fd) throw errno_error("open", "/dev/null", errno);
  return fd;
}

}  // namespace

Output::Output(asio::io_context& control) : control_(control), null_device_(open_null_device()) {
  const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1U, kMostWriting);
  while (writing_.size() < count) writing_.emplace_back();
}

Output::~Output() = default;

}  // namespace coppice::daemon
