// Everything that one run measured.
#pragma once

#include <string>
#include <vector>

#include "bench/daemon_process.h"
#include "bench/series.h"

namespace coppice::bench {

// On a number of cores: the bare loops with one thread for each core, and jobs through the API.
struct CycleResults {
  std::size_t cores = 0;
  Series posix_spawn, clone, pen, pen_with_pipe;
  // S3 with one thread, what a single connection is compared with.
  Series pen_one_thread;
  Series pen_with_pipe_one_thread;
  Series one_connection, one_connection_log, sixteen_connections;
  // Of the daemon while one connection, and while sixteen, ran their jobs.
  std::vector<ThreadUse> use_one, use_sixteen;
};

struct MemoryResult {
  int jobs = 0;
  double before = 0, after = 0;
  // Why not all of them could be started; empty if they could.
  std::string failure;
  double for_each() const { return (after - before) / jobs; }
};

struct KillResult {
  int members = 0;
  Series kill, freeze_and_kill, frozen_then_kill, api;
};

struct Results {
  std::string revision;
  int jobs = 0;
  std::vector<CycleResults> cycles;
  std::vector<MemoryResult> memory;
  std::vector<KillResult> kills;
};

}  // namespace coppice::bench
