// What others do in a state directory: a socket that is made, a lock that is given up.
#pragma once

#include <chrono>
#include <string>

#include "base/unique_fd.h"

namespace coppice::daemon {

class StateWatch {
 public:
  // If the directory cannot be watched (a user's inotify instances may be used up, inotify(7)), each wait lasts for its whole bound.
  explicit StateWatch(const std::string& path);

  // Blocks the calling thread until a file was made there, or one that was open for writing was closed, since the last wait; no
  // longer than `bound`. What only reads there (StateDirectory::in_use) is no event.
  void wait(std::chrono::milliseconds bound) const;

 private:
  UniqueFd events_;
};

}  // namespace coppice::daemon
