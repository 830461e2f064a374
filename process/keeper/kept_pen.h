// The pen of a command, kept for the day when there is no supervisor to end what is in it. Move-only. Any thread, one at a
// time.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/unique_fd.h"

namespace coppice::process {

class KeptPen {
 public:
  // No pen.
  KeptPen() = default;
  // Takes a descriptor of its directory, which may own nothing.
  explicit KeptPen(UniqueFd directory);

  explicit operator bool() const { return directory_ || !path_.empty(); }

  // Closes the descriptor, if the pen can be found again by its path and the number of its inode, which the kernel gives
  // to no other cgroup while it is up.
  void rest();
  // The descriptor, borrowed; opened again if need be. -1 for no pen, one that is gone, and a shortage.
  int open();

  // Kills every process of it and of those nested in it. False if the kernel has no cgroup.kill (before 5.14) or the pen
  // is gone.
  bool kill() const;
  // Removes the cgroup if it is empty and still has a name here.
  void remove() const;

 private:
  UniqueFd reopen() const;

  UniqueFd directory_;
  // Of one that rests.
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace coppice::process
