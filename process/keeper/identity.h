// What tells one process from all others, and what the kernel keeps of one that is not ours.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "process/keeper_protocol.h"

namespace coppice::process {

struct Identity {
  IdentityKind kind = IdentityKind::none;
  std::uint64_t value = 0;
};

// Do pidfds have inode numbers of their own here (pidfs, Linux 6.9)? Asked once.
bool pidfds_have_inodes();

// By one fstat where pidfds have inodes; else by /proc/PID/stat, for which the process must not have been
// reaped. None if the kernel refuses.
Identity identify(pid_t pid, int pidfd);

// Is it the pidfd of a child of ours that has not been reaped?
bool is_child(int pidfd);

// What to watch a pidfd for, so that the event comes when the status can be had: for a process that is not ours that is
// when somebody has reaped it, EPOLLHUP, which need not be asked for.
std::uint32_t exit_events(bool foreign);

// Has somebody reaped it? On kernels that do not tell (before 6.9): has it exited?
bool has_been_reaped(int pidfd);

// The status of a process that somebody else has reaped (PIDFD_GET_INFO, Linux 6.15); nothing where the kernel does not
// tell it.
std::optional<std::int32_t> read_exit_status(int pidfd);

}  // namespace coppice::process
