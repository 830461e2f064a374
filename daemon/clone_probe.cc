#include "daemon/clone_probe.h"

#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>

#include "base/errno_text.h"
#include "cgroup/pen.h"
#include "daemon/keeper_client.h"
#include "process/launch.h"

namespace coppice::daemon {

asio::awaitable<bool> can_clone_into_pen(Services& services) {
  process::Launch launch;
  launch.candidates = {"/proc/self/exe"};
  launch.argv = {"coppice-keeper", "--version"};
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
  if (process.failure && process.failure->error != ECANCELED) {
    const auto error = static_cast<int>(process.failure->error);
    throw std::runtime_error("no process can be started: " +
                             errno_message(process::step_name(process.failure->step), "", error));
  }
  const bool died_at_birth =
      process.failure || (WIFSIGNALED(process.exited->status) && WTERMSIG(process.exited->status) == SIGKILL);
  co_return !died_at_birth;
}

}  // namespace coppice::daemon
