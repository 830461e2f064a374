#include "daemon/output/output.h"

#include <fcntl.h>
#include <signal.h>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <cerrno>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

UniqueFd open_null_device() {
  UniqueFd fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!fd) throw errno_error("open", "/dev/null", errno);
  return fd;
}

// A new thread inherits the mask of its maker: signals are for the control thread.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Output::Worker::Worker() : work(context.get_executor()) {
  // Makes the epoll now: there may be no descriptor left when the first job writes.
  const asio::steady_timer first(context);
  const SignalsBlocked blocked;
  thread = std::thread([this] { context.run(); });
}

Output::Worker::~Worker() {
  // Behind everything posted so far. Waits for pipes of jobs that live on are dropped.
  asio::post(context, [this] { context.stop(); });
  thread.join();
}

Output::Output(asio::io_context& control) : control_(control), null_device_(open_null_device()) {}

Output::~Output() = default;

}  // namespace coppice::daemon
