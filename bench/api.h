// The same things through io.coppice.Jobs.
#pragma once

#include <string>

#include "bench/daemon_process.h"
#include "bench/series.h"

namespace coppice::bench {

enum class JobOutput { null, log };

// Runs `program` `count` times in all, one after the other on each of `connections` connections, each job from the
// request to its result. Throws when a job does not succeed.
Series run_jobs(const DaemonProcess& daemon, const std::string& program, int count, int connections,
                JobOutput output);

// Starts `count` jobs that wait for ever, with their output in logs, in the slice "bench".
void start_idle(const DaemonProcess& daemon, const std::string& program, int count);
void kill_idle(const DaemonProcess& daemon);

// Kills a tree of `members` processes `repeats` times: each from the request to the reply.
Series kill_trees(const DaemonProcess& daemon, const std::string& grove, int members, int repeats);

}  // namespace coppice::bench
