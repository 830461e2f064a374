#include "tests/support/swapper.h"

#include <fcntl.h>

#include <cstdio>
#include <utility>

namespace coppice::support {

Swapper::Swapper(std::string one, std::string other)
    : thread_([this, one = std::move(one), other = std::move(other)] {
        while (!over_)
          if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) ++swaps_;
      }) {}

Swapper::~Swapper() {
  over_ = true;
  thread_.join();
}

}  // namespace coppice::support
