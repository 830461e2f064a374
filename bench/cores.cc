#include "bench/cores.h"

#include <sched.h>

#include <cerrno>

#include "base/errno_text.h"

namespace coppice::bench {

std::vector<int> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) throw errno_error("sched_getaffinity", "", errno);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

void bind_to(const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(core, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) throw errno_error("sched_setaffinity", "", errno);
}

Bound::Bound(const std::vector<int>& cores) : before_(allowed_cores()) { bind_to(cores); }

Bound::~Bound() {
  try {
    bind_to(before_);
  } catch (const std::system_error&) {
    // They were allowed a moment ago; if they are not any more, the rest runs on fewer.
  }
}

}  // namespace coppice::bench
