// The floor of every log: output of programs from pipes into files by splice(2), and nothing else.
//
//   splice JOBS DIRECTORY PROGRAM WORD…
//
// Starts the program JOBS times at once, moves the output of each to DIRECTORY/N, and ends when all have ended.

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace coppice::bench {
namespace {

// The size that kernel.md found best.
constexpr int kPipe = 256 * 1024;

struct Job {
  pid_t pid = -1;
  UniqueFd from;
  UniqueFd to;
  off_t offset = 0;
};

Job start(const std::string& log, char** argv) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  Job job;
  job.from.reset(ends[0]);
  const UniqueFd output(ends[1]);
  // A smaller one still serves.
  static_cast<void>(::fcntl(ends[0], F_SETPIPE_SZ, kPipe));
  job.to.reset(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!job.to) throw errno_error("open", log, errno);
  posix_spawn_file_actions_t streams;
  ::posix_spawn_file_actions_init(&streams);
  ::posix_spawn_file_actions_adddup2(&streams, output.get(), 1);
  const int error = ::posix_spawn(&job.pid, argv[0], &streams, nullptr, argv, environ);
  ::posix_spawn_file_actions_destroy(&streams);
  if (error != 0) throw errno_error("posix_spawn", argv[0], error);
  return job;
}

// Whether there may be more. O_NONBLOCK is not needed: poll said that there is something, and the file always takes it.
bool move(Job& job) {
  const ssize_t moved = ::splice(job.from.get(), nullptr, job.to.get(), &job.offset, kPipe, 0);
  if (moved < 0 && errno != EINTR) throw errno_error("splice", "", errno);
  return moved != 0;
}

void move_all(std::vector<Job>& jobs) {
  std::vector<pollfd> waits;
  for (const Job& job : jobs) waits.push_back({job.from.get(), POLLIN, 0});
  for (std::size_t left = jobs.size(); left > 0;) {
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) throw errno_error("poll", "", errno);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (waits[i].fd < 0 || waits[i].revents == 0 || move(jobs[i])) continue;
      waits[i].fd = -1;
      --left;
    }
  }
}

void run(int count, const std::string& directory, char** argv) {
  std::vector<Job> jobs;
  for (int i = 0; i < count; ++i) jobs.push_back(start(directory + "/" + std::to_string(i), argv));
  move_all(jobs);
  for (const Job& job : jobs) {
    int status = 0;
    if (::waitpid(job.pid, &status, 0) != job.pid || status != 0) throw errno_error("run", argv[0], ECHILD);
  }
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: splice JOBS DIRECTORY PROGRAM WORD...\n";
    return 2;
  }
  try {
    coppice::bench::run(std::atoi(argv[1]), argv[2], argv + 3);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "splice: " << error.what() << "\n";
    return 1;
  }
}
