// A tree that is not easily found again: `thicket MEMBERS MARK` is that many processes that wait, itself included. Of
// the others a third are plain children, a third lead sessions of their own, and a third are daemons: forked twice, in
// sessions of their own, adopted by whoever adopts. The mark is there to be seen in their command lines.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace {

[[noreturn]] void wait_for_ever() {
  for (;;) ::pause();
}

void plant_daemon() {
  const pid_t pid = ::fork();
  if (pid < 0) std::_Exit(1);
  if (pid != 0) {
    static_cast<void>(::waitpid(pid, nullptr, 0));
    return;
  }
  ::setsid();
  if (::fork() != 0) std::_Exit(0);
  wait_for_ever();
}

void plant_child(bool leads_session) {
  const pid_t pid = ::fork();
  if (pid < 0) std::_Exit(1);
  if (pid != 0) return;
  if (leads_session) ::setsid();
  wait_for_ever();
}

}  // namespace

int main(int argc, char** argv) {
  const int members = argc > 1 ? std::atoi(argv[1]) : 1;
  for (int member = 1; member < members; ++member) {
    if (member % 3 == 0)
      plant_daemon();
    else
      plant_child(member % 3 == 1);
  }
  wait_for_ever();
}
