#include "daemon/job_result.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "config/names.h"
#include "daemon/duration_words.h"

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

// What an end is called that somebody, or something, asked for.
Outcome asked(EndCause cause) {
  switch (cause) {
    case EndCause::kill:
      return Outcome::killed;
    case EndCause::lease_expired:
      return Outcome::lease_expired;
    case EndCause::limit_exceeded:
      return Outcome::timed_out;
    default:
      return Outcome::stopped;
  }
}

// What was asked for did end it. Leftovers that a request ends do not change how the commands ended, but where
// a limit or a lease ends them it was that which ended the job.
bool ended_as_asked(const Ending& ending) {
  if (ending.stop_delivered || was_killed(ending)) return true;
  const Outcome wanted = asked(ending.cause);
  return ending.leftovers_stopped && (wanted == Outcome::lease_expired || wanted == Outcome::timed_out);
}

std::string cause_words(const Ending& ending) {
  switch (ending.cause) {
    case EndCause::connection_closed:
      return "the connection that it was bound to closed";
    case EndCause::process_ended:
      return "the process that it was bound to has ended";
    case EndCause::lease_expired:
      return "its lease was not renewed" + (ending.ttl ? " for " + duration_words(*ending.ttl) : "");
    case EndCause::limit_exceeded:
      return ending.exceeded ? describe(*ending.exceeded) : "";
    case EndCause::shutdown:
      return "the daemon was told to end";
    default:
      return "";
  }
}

Outcome natural(int status) {
  if (WIFSIGNALED(status)) return Outcome::signaled;
  return WEXITSTATUS(status) == 0 ? Outcome::succeeded : Outcome::failed;
}

// Where the whole tree was taken, leftovers that were waited for may have been all there was: how the commands had
// ended before does not make that a success.
bool ran_out_of_memory(const Ending& ending, int status) {
  return ending.killed_for_memory || (ending.out_of_memory_kills > 0 && died_of(status, SIGKILL));
}

// Of one that lost processes to a want of memory and ended otherwise, which may be why.
std::optional<std::string> memory_words(const Ending& ending) {
  const auto status = deciding_status(ending);
  if (ending.out_of_memory_kills == 0 || !status || ran_out_of_memory(ending, *status)) return std::nullopt;
  return "memory ran out while it ran, and the kernel killed " + std::to_string(ending.out_of_memory_kills) +
         " of its processes";
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

Ending asked_of(const Job& job) {
  Ending ending;
  ending.cause = job.end_cause();
  if (job.spec().lifetime) ending.ttl = job.spec().lifetime->ttl;
  return ending;
}

std::string describe(const Exceeded& exceeded) {
  const std::string bound = duration_words(exceeded.bound);
  switch (exceeded.limit) {
    case config::WatchedLimit::wall_time:
      return "ran longer than " + bound;
    case config::WatchedLimit::silence:
      return "wrote nothing for " + bound;
    case config::WatchedLimit::cpu_time:
      return "used more than " + bound + " of CPU time";
  }
  return "";
}

Outcome outcome(const Ending& ending) {
  if (ending.between_attempts) return asked(ending.cause);
  if (ending.start_failure) return Outcome::start_failed;
  if (ending.lost) return Outcome::lost;
  if (ended_as_asked(ending)) return asked(ending.cause);
  const auto status = deciding_status(ending);
  if (!status) return Outcome::lost;
  if (ran_out_of_memory(ending, *status)) return Outcome::out_of_memory;
  return natural(*status);
}

std::optional<std::string> detail(const Ending& ending) {
  if (ending.between_attempts) {
    const std::string cause = cause_words(ending);
    return (cause.empty() ? "" : cause + "; ") + std::string("it waited for its next attempt");
  }
  if (ending.start_failure) return ending.start_failure;
  if (ending.fault) return "the daemon failed: " + *ending.fault;
  if (ending.lost)
    return "how it ended is not known: the keeper died while it ran, and this kernel tells an exit status to nobody else "
           "(Linux 6.15 does)";
  if (!ended_as_asked(ending)) return memory_words(ending);
  std::string text = cause_words(ending);
  if (ending.grace_over) text += text.empty() ? "killed after the grace period" : "; killed after the grace period";
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace coppice::daemon
