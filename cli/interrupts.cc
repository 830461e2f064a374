#include "cli/interrupts.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"

namespace coppice::cli {
namespace {

bool ignored(int number) {
  struct sigaction action {};
  return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Interrupts::Interrupts(const std::vector<int>& numbers) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : numbers)
    if (!ignored(number)) sigaddset(&wanted, number);
  if (::sigprocmask(SIG_BLOCK, &wanted, &before_) != 0)
    throw errno_error("sigprocmask", "the interrupts", errno);
  fd_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) {
    const int error = errno;
    static_cast<void>(::sigprocmask(SIG_SETMASK, &before_, nullptr));
    throw errno_error("signalfd", "the interrupts", error);
  }
}

// What came and was not taken acts now, as it would have without us.
Interrupts::~Interrupts() { static_cast<void>(::sigprocmask(SIG_SETMASK, &before_, nullptr)); }

int Interrupts::take() {
  signalfd_siginfo info{};
  ssize_t size = 0;
  do size = ::read(fd_.get(), &info, sizeof info);
  while (size < 0 && errno == EINTR);
  return size == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

}  // namespace coppice::cli
