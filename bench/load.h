// Calls made over and over, a number of them in flight at any time.
#pragma once

#include <string>

#include "bench/daemon_process.h"
#include "bench/series.h"

namespace coppice::bench {

// Makes `call` `count` times in all, over `in_flight` connections of one thread: each from the request to its answer.
// Throws std::runtime_error for an answer that does not have `expected` in it.
Series make_calls(const DaemonProcess& daemon, const std::string& call, const std::string& expected, int count,
                  int in_flight);

// The same for jobs of this program that end by themselves; output as in spec_of().
Series run_jobs(const DaemonProcess& daemon, const std::string& program, const char* output, int count,
                int in_flight);

// Starts `count` jobs of `tiny` that wait for ever, in the slice "bench", 8 at a time.
void start_idle(const DaemonProcess& daemon, const std::string& tiny, const char* output, int count);
// Kills all of that slice, however many there are.
Micros kill_idle(const DaemonProcess& daemon);

}  // namespace coppice::bench
