// A tree of processes that wait: `grove N flat`, N of them with one parent; `grove N chain`, each the parent of the next;
// `grove N bomb`, N that fork and end for ever; what ends comes on top, some ten for each that forks, for to end takes longer: keep N
// small. Writes one byte to its output when all are there.

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>

namespace {

// A bomb that nobody ends must not live on.
constexpr time_t kLifetime = 60;

[[noreturn]] void wait_for_ever() {
  for (;;) ::pause();
}

void tell() {
  if (::write(1, "x", 1) != 1) ::_exit(1);
}

void grow_flat(int members) {
  for (int member = 1; member < members; ++member) {
    const pid_t pid = ::fork();
    if (pid < 0) ::_exit(1);
    if (pid == 0) wait_for_ever();
  }
  tell();
}

void grow_chain(int members) {
  for (int member = 1; member < members; ++member) {
    const pid_t pid = ::fork();
    if (pid < 0) ::_exit(1);
    if (pid > 0) wait_for_ever();
  }
  tell();
}

time_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

struct Shared {
  std::atomic<int> alive{1};
  std::atomic<bool> told{false};
  time_t end = 0;
};

// Multiplies while there is room, then hands its place on to a child, so that no pid lives long.
[[noreturn]] void explode(Shared& shared, int members) {
  while (now() < shared.end) {
    const bool room = shared.alive.fetch_add(1) < members;
    if (!room) {
      shared.alive.fetch_sub(1);
      if (!shared.told.exchange(true)) tell();
    }
    const pid_t pid = ::fork();
    if (room && pid < 0) shared.alive.fetch_sub(1);
    if (!room && pid > 0) ::_exit(0);
  }
  ::_exit(0);
}

void plant_bomb(int members) {
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) ::_exit(1);
  Shared& shared = *new (memory) Shared;
  shared.end = now() + kLifetime;
  // Nobody has to reap what ends before the tree does.
  ::signal(SIGCHLD, SIG_IGN);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
  const pid_t pid = ::fork();
  if (pid < 0) ::_exit(1);
  if (pid == 0) explode(shared, members);
}

}  // namespace

int main(int argc, char** argv) {
  const int members = argc > 1 ? std::atoi(argv[1]) : 1;
  const char* shape = argc > 2 ? argv[2] : "flat";
  // Fails for the leader of a session, which has a group of its own.
  ::setpgid(0, 0);
  if (std::strcmp(shape, "chain") == 0)
    grow_chain(members);
  else if (std::strcmp(shape, "bomb") == 0)
    plant_bomb(members);
  else
    grow_flat(members);
  wait_for_ever();
}
