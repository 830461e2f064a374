// When systemd has started a second coppiced in the place of one that lives.
//
// A keeper dies; its supervisor becomes the keeper in the same moment, and all jobs go on. systemd sees its main process dead
// all the same and starts the service again. What it has started finds the state directory in use, tells systemd which process
// the service's main process is, and ends.
#pragma once

#include <sys/types.h>

#include <optional>

namespace coppice::daemon {

// The keeper of the daemon that holds the lock file open, or a process that is about to be it. `named` is the process that the
// file names. Nothing if that is not sure, or if it is in another unit than this process. Reads /proc, blocking.
std::optional<pid_t> find_living_keeper(pid_t named, int lock_file);

// Tells systemd, and returns when it has heard. False if it cannot be told.
bool name_main_process(pid_t keeper);

}  // namespace coppice::daemon
