// Ways out by forking and by new sessions.
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <new>

#include "tests/escape/programs/tree.h"

namespace escapee {
namespace {

constexpr int kGenerations = 30;
constexpr int kBombMost = 400;
constexpr int kBombStands = 200;
constexpr useconds_t kBreath = 1000;

template <typename Value>
Value& shared() {
  void* memory = ::mmap(nullptr, sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) give_up("mmap");
  return *new (memory) Value(0);
}

void descend(int levels, const std::string& ready) {
  ::setsid();
  if (levels == 0) {
    stand(ready);
  } else {
    branch([&] { descend(levels - 1, ready); });
  }
  linger();
}

// A process that lives for a while, puts others in the world, and goes; never more than kBombMost at once.
void multiply(std::atomic<int>& living, std::atomic<bool>& standing, const std::string& ready) {
  for (int breath = 0; breath < 200; ++breath) {
    if (living.fetch_add(1) < kBombMost) {
      const pid_t pid = ::fork();
      // The child has its whole life before it.
      if (pid == 0) breath = 0;
      if (pid < 0) --living;
    } else {
      --living;
      if (!standing.exchange(true)) stand(ready);
      ::usleep(kBreath);
    }
    if (living > kBombStands && !standing.exchange(true)) stand(ready);
  }
  --living;
  ::_exit(0);
}

}  // namespace

void double_fork(const std::string& ready) {
  branch([&] {
    ::setsid();
    branch([&] { stand(ready); });
    ::_exit(0);
  });
  linger();
}

void setsid_chain(const std::string& ready) {
  branch([&] { descend(8, ready); });
  linger();
}

void daemonize_again_and_again(const std::string& ready) {
  branch([&] {
    for (int generation = 0;; ++generation) {
      ::setsid();
      if (generation == kGenerations) stand(ready);
      ::usleep(kBreath);
      const pid_t pid = ::fork();
      if (pid > 0) ::_exit(0);
    }
  });
  linger();
}

void bomb(const std::string& ready) {
  auto& living = shared<std::atomic<int>>();
  auto& standing = shared<std::atomic<bool>>();
  living = 1;
  // Nobody waits for the dead of a bomb.
  std::signal(SIGCHLD, SIG_IGN);
  branch([&] { multiply(living, standing, ready); });
  linger();
}

}  // namespace escapee
