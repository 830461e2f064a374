// Runs programs over and over, and writes how long each round took: one line a round, in nanoseconds, and a last line
// "whole N". Has no library of its own to load, so that it runs in a container of anything.
//
//   timed COUNT PARALLEL SECONDS -- PROGRAM WORD… [--then PROGRAM WORD…]…
//
// A round is the programs in order, each awaited; {} in a word becomes the round's number, {slot} that of the thread.
// Stops after SECONDS, however few rounds those were. The programs' input and output are /dev/null. A program that
// fails, or cannot be started, ends it all with exit status 1.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

struct Plan {
  int count = 0;
  Clock::time_point until;
  std::vector<Words> programs;
  posix_spawn_file_actions_t streams;
};

std::atomic<int> next_round{0};
std::atomic<bool> failed{false};

std::string filled(std::string word, const char* hole, int number) {
  const std::size_t at = word.find(hole);
  if (at != std::string::npos) word.replace(at, std::strlen(hole), std::to_string(number));
  return word;
}

bool run(const Plan& plan, const Words& program, int round, int slot) {
  Words words;
  for (const std::string& word : program) words.push_back(filled(filled(word, "{}", round), "{slot}", slot));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &plan.streams, nullptr, argv.data(), environ);
  int status = 0;
  if (error == 0 && ::waitpid(pid, &status, 0) == pid && status == 0) return true;
  if (error != 0)
    std::fprintf(stderr, "timed: %s: %s\n", argv[0], std::strerror(error));
  else
    std::fprintf(stderr, "timed: %s: wait status %d\n", argv[0], status);
  return false;
}

void run_rounds(const Plan& plan, int slot, std::vector<long long>& took) {
  while (!failed && Clock::now() < plan.until) {
    const int round = next_round++;
    if (round >= plan.count) return;
    const auto before = Clock::now();
    for (const Words& program : plan.programs)
      if (!run(plan, program, round, slot)) {
        failed = true;
        return;
      }
    took.push_back(std::chrono::nanoseconds(Clock::now() - before).count());
  }
}

void open_streams(Plan& plan) {
  ::posix_spawn_file_actions_init(&plan.streams);
  ::posix_spawn_file_actions_addopen(&plan.streams, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&plan.streams, 1, "/dev/null", O_WRONLY, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6 || std::strcmp(argv[4], "--") != 0) {
    std::fprintf(stderr, "usage: timed COUNT PARALLEL SECONDS -- PROGRAM WORD... [--then PROGRAM WORD...]...\n");
    return 2;
  }
  Plan plan;
  plan.count = std::atoi(argv[1]);
  plan.until = Clock::now() + std::chrono::seconds(std::atoi(argv[3]));
  plan.programs.emplace_back();
  for (int i = 5; i < argc; ++i) {
    if (std::strcmp(argv[i], "--then") == 0)
      plan.programs.emplace_back();
    else
      plan.programs.back().push_back(argv[i]);
  }
  open_streams(plan);
  std::vector<std::vector<long long>> took(static_cast<std::size_t>(std::atoi(argv[2])));
  std::vector<std::thread> threads;
  const auto before = Clock::now();
  for (std::size_t slot = 0; slot < took.size(); ++slot)
    threads.emplace_back([&, slot] { run_rounds(plan, static_cast<int>(slot), took[slot]); });
  for (std::thread& thread : threads) thread.join();
  const long long whole = std::chrono::nanoseconds(Clock::now() - before).count();
  if (failed) return 1;
  for (const auto& rounds : took)
    for (const long long each : rounds) std::printf("%lld\n", each);
  std::printf("whole %lld\n", whole);
  return 0;
}
