// Which processors a measurement may use.
#pragma once

#include <vector>

namespace coppice::bench {

// Those this process was started with, in order.
std::vector<int> allowed_cores();

// Binds the calling thread, and what it starts from now on, to these. Throws std::system_error.
void bind_to(const std::vector<int>& cores);

// Binds until destroyed, then to all that were allowed at the start.
class Bound {
 public:
  explicit Bound(const std::vector<int>& cores);
  ~Bound();
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

 private:
  std::vector<int> before_;
};

}  // namespace coppice::bench
