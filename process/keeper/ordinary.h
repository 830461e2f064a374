// What a unit may give the daemon, and no job is to have from it.
//
// Advantages only: a niceness below 0, a real-time policy, I/O before others, timers more exact than usual, ambient
// capabilities. What holds the daemon back (a niceness above 0, idle policies, an affinity, seccomp filters, resource
// limits, no_new_privs) is the administrator's word on jobs too, and stays. The out-of-memory score is in child.h.
#pragma once

#include "base/unique_fd.h"

namespace coppice::process {

// For the calling thread, and so for what it clones. Costs a launch nothing; what cannot be had is left.
void become_ordinary();

// The out-of-memory score that this process has at the moment; open for ever. Owns nothing without /proc.
class OwnOomScore {
 public:
  OwnOomScore();
  // One system call.
  bool is_zero() const;

 private:
  UniqueFd file_;
};

}  // namespace coppice::process
