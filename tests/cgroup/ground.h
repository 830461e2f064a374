// A hierarchy of its own for each test, and processes in it.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "cgroup/hierarchy.h"
#include "cgroup/pen.h"

namespace coppice::cgroup::test {

// A process that this test made. Killed and reaped with the ground.
struct Member {
  pid_t pid = -1;
  UniqueFd output;

  // One byte of its output; 0 for its end, or for 20 s without.
  char next() const;
};

// Calls `done` until it answers true, at most for 30 s; waits for the group's events between.
bool wait_until(Group& group, const std::function<bool()>& done);
bool wait_until_empty(Group& group);
bool wait_until_frozen(Group& group);

std::size_t open_descriptors();
// Not a zombie, and not gone.
bool alive(pid_t pid);

// Skips the test where no cgroup can be made.
class Ground : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  Hierarchy& hierarchy() { return *hierarchy_; }
  Pen pen(const char* slice = "");
  // Starts `member ARGUMENTS…` in a cgroup and waits for its byte. -1 for none: where the test is.
  Member& start(int directory, std::initializer_list<const char*> arguments, const char* variable = nullptr);
  // Freezes, kills and waits until the pen is empty, as the daemon does.
  void end(Pen& pen);

 private:
  std::optional<Hierarchy> hierarchy_;
  std::vector<std::unique_ptr<Member>> members_;
  int pens_ = 0;
};

// Moves a process by number: it is the test's own.
bool move(pid_t pid, int directory);
UniqueFd make_cgroup(int above, const char* name);

}  // namespace coppice::cgroup::test
