// Ways out by cgroups of one's own.
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/escape/programs/tree.h"

namespace escapee {
namespace {

// A member in a cgroup two levels below this one: its directory.
std::string make_nested() {
  const std::string outer = own_cgroup() + "/nested";
  const std::string inner = outer + "/deeper";
  if (::mkdir(outer.c_str(), 0755) != 0 || ::mkdir(inner.c_str(), 0755) != 0) give_up("mkdir");
  const pid_t member = branch([] {});
  write_text(inner + "/cgroup.procs", std::to_string(member));
  return inner;
}

}  // namespace

void nest(const std::string& ready) {
  make_nested();
  stand(ready);
  linger();
}

void nest_and_freeze(const std::string& ready) {
  const std::string nested = make_nested();
  write_text(nested + "/cgroup.freeze", "1");
  while (read_text(nested + "/cgroup.events").find("frozen 1") == std::string::npos) ::usleep(1000);
  stand(ready);
  linger();
}

// Through the keeper, whose namespaces root may join.
void move_away(const std::string& ready, const std::string& elsewhere) {
  const std::string keeper = "/proc/" + std::to_string(::getppid());
  branch([&] {
    const int outer = ::open((keeper + "/ns/cgroup").c_str(), O_RDONLY | O_CLOEXEC);
    if (outer < 0 || ::setns(outer, CLONE_NEWCGROUP) != 0) give_up("join the keeper's cgroup namespace");
    ::close(outer);
    write_text(keeper + "/root" + elsewhere + "/cgroup.procs", "0");
    ::setsid();
    branch([&] { stand(ready); });
  });
  linger();
}

}  // namespace escapee
