#include "bench/floor/standing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"
#include "bench/floor/raw_clone.h"

namespace coppice::bench {
namespace {

std::string name_of(std::size_t index) { return "standing-" + std::to_string(index); }

void end(int pidfd) {
  ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED);
}

}  // namespace

Standing::Standing(const Place& place, const std::string& program, int count) : place_(place) {
  all_.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) add(program);
}

void Standing::add(const std::string& program) {
  const std::string name = name_of(all_.size());
  if (::mkdirat(place_.directory(), name.c_str(), 0755) != 0) throw errno_error("mkdir", name, errno);
  One one;
  one.group.reset(::openat(place_.directory(), name.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  if (!one.group) throw errno_error("open", name, errno);
  std::string path = program, wait = "wait";
  char* argv[] = {path.data(), wait.data(), nullptr};
  one.pidfd.reset(clone_and_exec({path.c_str(), argv, one.group.get()}).pidfd);
  all_.push_back(std::move(one));
}

Standing::~Standing() {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    end(all_[i].pidfd.get());
    all_[i].group.reset();
    static_cast<void>(::unlinkat(place_.directory(), name_of(i).c_str(), AT_REMOVEDIR));
  }
}

}  // namespace coppice::bench
