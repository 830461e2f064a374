// Signals as something to poll.
#pragma once

#include <signal.h>

#include <vector>

#include "base/unique_fd.h"

namespace coppice::cli {

// Those that the caller ignores (nohup) stay ignored. They are blocked as long as this lives, so that none is
// lost between two looks. Destroy several in the opposite order.
class Interrupts {
 public:
  // SIGINT, SIGTERM and SIGHUP unless others are named. Throws std::system_error.
  explicit Interrupts(const std::vector<int>& numbers = {SIGINT, SIGTERM, SIGHUP});
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  int descriptor() const { return fd_.get(); }
  // The number of one that came; 0 if none did. Does not block.
  int take();

 private:
  sigset_t before_;
  UniqueFd fd_;
};

}  // namespace coppice::cli
