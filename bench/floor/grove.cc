// A tree of processes that wait: `grove N flat`, N of them with one parent; `grove N chain`, each the parent of the next;
// `grove N bomb`, up to N that fork and end for ever, beside their root. Writes one byte to its output when all are there.

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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
  // Places are taken before a fork and given back by who reaps, so never more than `members` exist, zombies included.
  std::atomic<int> taken{1};
  // Of those, who does not end yet.
  std::atomic<int> forking{1};
  std::atomic<bool> told{false};
  time_t end = 0;
};

void reap(Shared& shared) {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) shared.taken.fetch_sub(1);
}

bool take_place(Shared& shared, int members) {
  if (shared.taken.fetch_add(1) < members) return true;
  shared.taken.fetch_sub(1);
  return false;
}

// While there is room each forks; without, half of them end, so that no pid lives long.
void fork_or_end(Shared& shared, int members) {
  if (take_place(shared, members)) {
    shared.forking.fetch_add(1);
    if (::fork() >= 0) return;
    shared.forking.fetch_sub(1);
    shared.taken.fetch_sub(1);
    return;
  }
  if (!shared.told.exchange(true)) tell();
  if (shared.forking.fetch_sub(1) > members / 2) ::_exit(0);
  shared.forking.fetch_add(1);
}

[[noreturn]] void explode(Shared& shared, int members) {
  while (now() < shared.end) {
    reap(shared);
    fork_or_end(shared, members);
  }
  ::_exit(0);
}

// Adopts whose parents end.
[[noreturn]] void reap_for_ever(Shared& shared) {
  for (;;) {
    if (::waitpid(-1, nullptr, 0) > 0)
      shared.taken.fetch_sub(1);
    else
      ::pause();
  }
}

void plant_bomb(int members) {
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) ::_exit(1);
  Shared& shared = *new (memory) Shared;
  shared.end = now() + kLifetime;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
  const pid_t pid = ::fork();
  if (pid < 0) ::_exit(1);
  if (pid == 0) explode(shared, members);
  reap_for_ever(shared);
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
