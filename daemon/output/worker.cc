#include "daemon/output/worker.h"

#include <signal.h>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

namespace coppice::daemon {
namespace {

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

Worker::Worker() : work_(context_.get_executor()) {
  // Makes the epoll now: there may be no descriptor left when the first job writes.
  const asio::steady_timer first(context_);
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { context_.run(); });
}

Worker::~Worker() {
  if (thread_.joinable()) halt();
}

void Worker::halt() {
  // Behind everything posted so far. Waits for pipes of jobs that live on are dropped.
  asio::post(context_, [this] { context_.stop(); });
  thread_.join();
}

}  // namespace coppice::daemon
