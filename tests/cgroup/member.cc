// A program to live in a pen. `member MODE [NUMBER]` writes one byte to its standard output when it has
// become what it was to be, then stays until it is killed.
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace {

[[noreturn]] void stay() {
  for (;;) ::pause();
}

void ready() {
  if (::write(1, "r", 1) != 1) std::_Exit(3);
}

// `count` children that stay, or fork on.
void family(int count) {
  for (int i = 0; i < count; ++i)
    if (::fork() == 0) stay();
  ready();
}

void restless(int count) {
  ready();
  for (;;) {
    for (int i = 0; i < count; ++i)
      if (::fork() == 0) {
        if (::fork() == 0) stay();
        std::_Exit(0);
      }
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    ::usleep(1000);
  }
}

// Bounded: each makes two until `depth` generations are there.
void bomb(int depth) {
  ready();
  while (depth-- > 0) {
    ::setsid();
    ::fork();
  }
}

// Away from its parent, its session and its group.
void daemon_like() {
  if (::fork() != 0) stay();
  ::setsid();
  if (::fork() != 0) std::_Exit(0);
  ready();
}

void* stay_in_thread(void*) {
  // The main thread has been joined by nobody; it is gone when its state is Z, for which the test looks.
  ready();
  stay();
}

[[noreturn]] void without_leader() {
  pthread_t thread;
  if (::pthread_create(&thread, nullptr, stay_in_thread, nullptr) != 0) std::_Exit(4);
  ::pthread_exit(nullptr);
}

void work(int milliseconds) {
  volatile unsigned long sum = 0;
  const clock_t end = ::clock() + milliseconds * (CLOCKS_PER_SEC / 1000);
  while (::clock() < end) sum = sum + 1;
  ready();
  std::_Exit(0);
}

void on_user_signal(int) { static_cast<void>(!::write(1, "u", 1)); }

}  // namespace

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  const int number = argc > 2 ? std::atoi(argv[2]) : 1;
  ::signal(SIGTERM, SIG_IGN);
  if (std::strcmp(mode, "stay") == 0) ready();
  else if (std::strcmp(mode, "family") == 0) family(number);
  else if (std::strcmp(mode, "restless") == 0) restless(number);
  else if (std::strcmp(mode, "bomb") == 0) bomb(number);
  else if (std::strcmp(mode, "daemon") == 0) daemon_like();
  else if (std::strcmp(mode, "leaderless") == 0) without_leader();
  else if (std::strcmp(mode, "work") == 0) work(number);
  else if (std::strcmp(mode, "signal") == 0) {
    ::signal(SIGUSR1, on_user_signal);
    ready();
  } else return 2;
  stay();
}
