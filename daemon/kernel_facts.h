// What the running kernel tells of processes. Each asks it anew, by some system calls.
#pragma once

#include <string_view>

namespace coppice::daemon {

// Pidfds have inode numbers of their own (pidfs, Linux 6.9).
bool process_inodes();

// Any holder of a pidfd learns the exit status, after the process has been reaped (PIDFD_GET_INFO with
// PIDFD_INFO_EXIT, Linux 6.15).
bool tells_exit_status();

// Whether a release such as "6.1.0-28-amd64" is that version or a later one. False for what is no release.
bool release_at_least(std::string_view release, int major, int minor);

}  // namespace coppice::daemon
