#include "daemon/job_result.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "config/names.h"

namespace coppice::daemon {
namespace {

using config::Outcome;

bool died_of(int status, int signo) { return WIFSIGNALED(status) && WTERMSIG(status) == signo; }

bool succeeded(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

bool any_died_of_sigkill(const Ending& ending) {
  return std::ranges::any_of(ending.statuses, [](const std::optional<int>& status) {
    return !status || died_of(*status, SIGKILL);
  });
}

bool was_killed(const Ending& ending) { return ending.killed && any_died_of_sigkill(ending); }

// The rightmost failure, or success (X4). What dies because nobody reads it has not failed, unless it is
// the last.
std::optional<int> deciding_status(const Ending& ending) {
  const auto& statuses = ending.statuses;
  if (statuses.empty()) return std::nullopt;
  for (std::size_t i = statuses.size(); i-- > 0;) {
    if (!statuses[i]) return std::nullopt;
    const bool last = i + 1 == statuses.size();
    if (!succeeded(*statuses[i]) && (last || !died_of(*statuses[i], SIGPIPE))) return statuses[i];
  }
  return 0;
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
  const auto status = deciding_status(ending);
  if (!status) return Outcome::lost;
  if (ending.out_of_memory_kills > 0 && died_of(*status, SIGKILL)) return Outcome::out_of_memory;
  return natural(*status);
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
