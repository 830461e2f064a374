#include "tests/lifetimes/fixture.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "base/errno_text.h"

namespace coppice::support {

void WithDaemon::SetUp() {
  if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
  daemon_.emplace();
  client_.emplace(daemon_->connect());
  // From here on the daemon has accepted it: whoever counts its descriptors counts this one.
  failure(client(), "List", {{"job", {{"name", "nobody"}}}});
}

bool WithDaemon::says(const json& job, const std::string& text) {
  return eventually([&] { return log_of(client(), job).find(text) != std::string::npos; });
}

bool WithDaemon::comes_to(const json& job, const std::string& state) {
  return eventually([&] { return state_of(client(), job) == state; });
}

json WithDaemon::job_now(const json& job) { return call(client(), "List", {{"job", ref(job)}}).at("job"); }

json with_limits(json spec, const json& limits) {
  spec["limits"] = limits;
  return spec;
}

void let_pass(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

Child::Child(const std::function<void()>& body) {
  pid_ = ::fork();
  if (pid_ < 0) throw errno_error("fork", "", errno);
  if (pid_ == 0) {
    try {
      body();
    } catch (...) {
      ::_exit(1);
    }
    for (;;) ::pause();
  }
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_) {
    const int error = errno;
    kill();
    throw errno_error("pidfd_open", "", error);
  }
}

Child::~Child() { kill(); }

void Child::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace coppice::support
