// A flat tree: `grove N` is N processes that wait. Writes one byte to its output when all are there.

#include <unistd.h>

#include <cstdlib>

int main(int argc, char** argv) {
  const int members = argc > 1 ? std::atoi(argv[1]) : 1;
  for (int member = 1; member < members; ++member) {
    const pid_t pid = ::fork();
    if (pid < 0) return 1;
    if (pid == 0)
      for (;;) ::pause();
  }
  if (::write(1, "x", 1) != 1) return 1;
  for (;;) ::pause();
}
