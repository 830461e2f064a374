#include "daemon/job_result.h"

#include <sys/wait.h>

#include <csignal>

#include "config/names.h"

namespace coppice::daemon {
namespace {

using config::Outcome;

bool died_of_sigkill(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

bool was_killed(const Ending& ending) {
  return ending.killed && (!ending.status || died_of_sigkill(*ending.status));
}

Outcome natural(int status) {
  if (WIFSIGNALED(status)) return Outcome::signaled;
  return WEXITSTATUS(status) == 0 ? Outcome::succeeded : Outcome::failed;
}

}  // namespace

config::ExitStatus exit_status(int wait_status) {
  config::ExitStatus status;
  if (WIFSIGNALED(wait_status)) {
    status.signal = config::signal_name(WTERMSIG(wait_status));
    status.core_dumped = WCOREDUMP(wait_status) != 0;
  } else {
    status.code = WEXITSTATUS(wait_status);
  }
  return status;
}

Outcome outcome(const Ending& ending) {
  if (ending.start_failure) return Outcome::start_failed;
  if (ending.stop_delivered) return Outcome::stopped;
  if (was_killed(ending))
    return ending.cause == EndCause::kill ? Outcome::killed : Outcome::stopped;
  if (!ending.status) return Outcome::lost;
  if (ending.out_of_memory_kills > 0 && died_of_sigkill(*ending.status))
    return Outcome::out_of_memory;
  return natural(*ending.status);
}

std::optional<std::string> detail(const Ending& ending) {
  if (ending.start_failure) return ending.start_failure;
  if (ending.fault) return "the daemon failed: " + *ending.fault;
  if (!ending.stop_delivered && !was_killed(ending)) return std::nullopt;
  std::string text;
  if (ending.cause == EndCause::connection_closed) text = "the connection that it was bound to closed";
  if (ending.cause == EndCause::shutdown) text = "the daemon was told to end";
  if (ending.grace_over) text += text.empty() ? "killed after the grace period" : "; killed after the grace period";
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace coppice::daemon
