// The stack on which the children of one spawner run, one after the other.
#pragma once

#include <cstddef>

namespace coppice::process {

// Memory with an inaccessible page below it: an overflow ends the child, and no byte of ours.
class ChildStack {
 public:
  // Throws std::system_error.
  ChildStack();
  ~ChildStack();
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;

  // The lowest usable address, and the size from there, as clone3 wants them.
  void* base() const { return base_; }
  std::size_t size() const { return kSize; }

  // Forgets what sanitizers noted of the last child: it never returned from its functions.
  void clean() const;

 private:
  static constexpr std::size_t kSize = 64 * 1024;
  static constexpr std::size_t kGuard = 64 * 1024;  // the largest page size in use

  void* mapping_ = nullptr;
  void* base_ = nullptr;
};

}  // namespace coppice::process
