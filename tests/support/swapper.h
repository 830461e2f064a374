// Two names of a directory that change places all the time.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace coppice::support {

// Exchanges two names on a thread of its own, without a pause, until it is destroyed.
class Swapper {
 public:
  Swapper(std::string one, std::string other);
  ~Swapper();
  Swapper(const Swapper&) = delete;
  Swapper& operator=(const Swapper&) = delete;

  int swaps() const { return swaps_; }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int> swaps_{0};
  std::thread thread_;
};

}  // namespace coppice::support
