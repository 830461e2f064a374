// What is measured. Each topic brings its own daemon, leaves nothing behind, and throws when a job or the daemon does
// what it must not.
#pragma once

#include "bench/amounts.h"
#include "bench/document.h"
#include "bench/floor/place.h"
#include "bench/options.h"

namespace coppice::bench {

struct Run {
  const Options& options;
  const Amounts& amounts;
  const Place& place;
  Document& document;
};

// A job's start to its result.
void measure_start(const Run& run);
// The end of a tree, from the request to the reply.
void measure_kill(const Run& run);
// Idle jobs, start-up, growth and wake-ups.
void measure_memory(const Run& run);
// What jobs write, on its way to their logs and to who follows them.
void measure_output(const Run& run);
// Whether an operation costs more, the more jobs are live.
void measure_scale(const Run& run);
// The adoption of jobs by the next supervisor.
void measure_restart(const Run& run);

// A line on standard error for those who wait.
void say(const std::string& what);

}  // namespace coppice::bench
