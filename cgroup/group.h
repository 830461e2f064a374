// One cgroup directory and what can be done to everything below it. Pens and slices are such groups.
//
// Plain system calls that do not block for long; any thread, one at a time for each object. What a
// call does to a group that has been removed is nothing: there is nobody in it.
// Unexpected failures throw std::system_error.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::cgroup {

class Group {
 public:
  Group() = default;
  // Takes a descriptor of the directory; `name` is for messages.
  Group(UniqueFd directory, std::string name);

  // Borrowed: what clone3 takes for CLONE_INTO_CGROUP.
  int directory() const { return directory_.get(); }
  // Another object for the same cgroup, with descriptors of its own, for another thread. Throws
  // std::system_error for a shortage of descriptors.
  Group duplicate() const;
  // For people: the path below our own directory.
  const std::string& name() const { return name_; }

  // Asks; `frozen()` tells when every process below has stopped, which a task in uninterruptible sleep
  // may put off for ever. False: the kernel has no freezer (before 5.2).
  bool freeze();
  bool thaw();

  // These read cgroup.events, without opening it again. False of a group that is gone.
  bool frozen();
  // Whether any process lives in it or below. Zombies do not.
  bool populated();
  // Borrowed, for POLLPRI, which says that one of the two has changed. It has been read once (a
  // never-read one polls ready at once); read it again with the two above. It wakes up to 10 ms late.
  // -1 when the group is gone.
  int events();

  // Every process in it and below, threaded cgroups included, each once, in no order. A process whose
  // main thread is gone is one of them.
  std::vector<pid_t> members() const;

  // SIGKILL for everything below, nested and frozen cgroups included: all but processes whose main
  // thread is gone (kernel trap), so `kill_each()` after a while of still being populated. False: the
  // kernel cannot (before 5.14); then freeze, `kill_each()`, thaw, until empty.
  // Never clone into a group, or below one, after killing it: the child may die at birth.
  bool kill();

  // The same by pidfd. How many were signalled; more may have been born meanwhile.
  std::size_t kill_each();

  // Sends a signal to each process that is a member, once. Each is referred to by a pidfd and then seen
  // to be a member, so that a recycled number is never signalled. How many were signalled. One that may
  // not be signalled (EPERM) is thrown after the others have been.
  std::size_t signal_all(int signal);

  // Writes to an interface file, such as `memory.max`: 0, or errno. ENOENT: the controller is not there.
  int set(const char* file, std::string_view value);

 protected:
  bool gone() const { return !directory_; }
  void close();

 private:
  bool write_switch(const char* file, char value);
  bool event(std::string_view key);

  UniqueFd directory_;
  UniqueFd events_;
  std::string name_;
};

}  // namespace coppice::cgroup
