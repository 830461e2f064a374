#include "bench/room.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>

namespace coppice::bench {
namespace {

constexpr long kOtherDescriptors = 800;
constexpr long kOtherProcesses = 2000;

struct Bound {
  long jobs = 0;
  std::string why;
};

Bound by_descriptors(long of_job) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {1L << 22, ""};
  const long most = static_cast<long>(limit.rlim_cur);
  return {(most - kOtherDescriptors) / of_job, "a process may have " + std::to_string(most) +
                                                   " descriptors, and each holds " + std::to_string(of_job) + " for a job"};
}

Bound by_processes(const char* file) {
  long most = 32768;
  std::ifstream(file) >> most;
  return {most - kOtherProcesses, std::string(file) + " is " + std::to_string(most)};
}

}  // namespace

Levels within_room(const std::vector<int>& wanted, long descriptors_of_job) {
  const auto less = [](const Bound& one, const Bound& other) { return one.jobs < other.jobs; };
  const Bound room = std::min({by_descriptors(descriptors_of_job), by_processes("/proc/sys/kernel/pid_max"),
                               by_processes("/proc/sys/kernel/threads-max")}, less);
  Levels levels;
  for (const int jobs : wanted) {
    if (jobs <= room.jobs) {
      levels.jobs.push_back(jobs);
      continue;
    }
    // Round, as the others are.
    const int most = static_cast<int>(room.jobs / 100 * 100);
    if (most > 0 && (levels.jobs.empty() || levels.jobs.back() < most)) levels.jobs.push_back(most);
    levels.stopped = std::to_string(jobs) + " live jobs are too many here: " + room.why;
    break;
  }
  return levels;
}

}  // namespace coppice::bench
