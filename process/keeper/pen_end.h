// What the keeper can do to a pen when there is no supervisor to do it.
#pragma once

namespace coppice::process {

// Kills every process of the cgroup directory `pen` and of those nested in it. False if the kernel has
// no cgroup.kill (before 5.14) or the pen is gone.
bool kill_pen(int pen);

// Removes the cgroup if it is empty and still has a name here.
void remove_pen(int pen);

}  // namespace coppice::process
