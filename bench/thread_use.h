// What threads of a process have used.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace coppice::bench {

struct ThreadUse {
  std::string process;
  std::string thread;
  double running_micros = 0;
  // Ready to run, but another had the processor.
  double waiting_micros = 0;
  // Times it was given a processor.
  double switches = 0;
};

// Of each thread of `pid` so far (schedstat of /proc); nothing if there is no such process.
std::vector<ThreadUse> use_of(pid_t pid);

// Between two moments. A thread that was not there before counts whole.
std::vector<ThreadUse> difference(const std::vector<ThreadUse>& after, const std::vector<ThreadUse>& before);

// Threads of one name in processes of one name, together; without what their numbers say.
std::vector<ThreadUse> by_name(const std::vector<ThreadUse>& uses);

// Of all of them, running.
double running_micros(const std::vector<ThreadUse>& uses);

}  // namespace coppice::bench
