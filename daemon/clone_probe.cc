#include "daemon/clone_probe.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/errno_text.h"
#include "cgroup/pen.h"
#include "daemon/keeper_client.h"
#include "process/launch.h"

namespace coppice::daemon {
namespace {

struct Outcome {
  std::optional<process::Failed> failure;
  // Wait status; without a failure.
  int status = 0;
};

process::Launch probe() {
  process::Launch launch;
  launch.candidates = {"/proc/self/exe"};
  launch.argv = {"coppice-keeper", "--version"};
  return launch;
}

// In a pen of its own.
asio::awaitable<Outcome> try_launch(Services& services, process::Launch launch) {
  const UniqueFd record = process::seal(launch);
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw errno_error("open", "/dev/null", errno);
  cgroup::Pen pen = cgroup::Pen::create(services.hierarchy.slices().open(""), "probe");

  Notifier wake(services.io);
  CommandProcess process;
  process.wake = &wake;
  services.keeper.launch(process, services.keeper.reserve_keys(1), record.get(), pen.directory(), null.get(), null.get(), null.get());
  using Phase = CommandProcess::Phase;
  while (process.phase == Phase::launching || process.phase == Phase::running) co_await wake.wait();
  services.keeper.forget(process);
  // Empty by now; a cgroup that will not go is found by the next start.
  static_cast<void>(pen.remove());
  co_return Outcome{process.failure, process.exited ? process.exited->status : 0};
}

std::string failure_text(const process::Failed& failure) {
  return errno_message(process::step_name(failure.step), "", static_cast<int>(failure.error));
}

}  // namespace

asio::awaitable<bool> can_clone_into_pen(Services& services) {
  auto trying = try_launch(services, probe());
  const Outcome outcome = co_await std::move(trying);
  if (outcome.failure && outcome.failure->error != ECANCELED)
    throw std::runtime_error("no process can be started: " + failure_text(*outcome.failure));
  const bool died_at_birth =
      outcome.failure || (WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL);
  co_return !died_at_birth;
}

asio::awaitable<void> try_confinement(Services& services) {
  if (::geteuid() != 0) co_return;
  process::Launch launch = probe();
  launch.enter_pen_by_write = services.enter_pen_by_write;
  services.confinement.require(launch);
  auto trying = try_launch(services, std::move(launch));
  const Outcome outcome = co_await std::move(trying);
  if (!outcome.failure) co_return;
  services.confinement.give_up(failure_text(*outcome.failure));
}

}  // namespace coppice::daemon
