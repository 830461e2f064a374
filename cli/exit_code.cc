#include "cli/exit_code.h"

#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/terminal.h"
#include "config/names.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using config::Outcome;

// The exit that decides: of a pipeline the rightmost failure. What died because nobody read it any more has not
// failed, unless it is the last. Null if there is none.
const config::ExitStatus* deciding_exit(const config::Result& result) {
  for (auto exit = result.exits.rbegin(); exit != result.exits.rend(); ++exit) {
    const bool last = exit == result.exits.rbegin();
    if (exit->signal ? last || *exit->signal != "SIGPIPE" : exit->code.value_or(0) != 0) return &*exit;
  }
  return result.exits.empty() ? nullptr : &result.exits.back();
}

// Of the command itself: what its exit status maps to, if it says that something is wrong.
std::optional<int> own_code(const config::Result& result) {
  const config::ExitStatus* exit = deciding_exit(result);
  if (exit == nullptr) return std::nullopt;
  if (exit->signal) return kSignalBase + config::signal_number(*exit->signal).value_or(SIGKILL);
  return exit->code.value_or(0) != 0 ? exit->code : std::nullopt;
}

// When the command's status says nothing.
int usual_code(Outcome outcome) {
  switch (outcome) {
    case Outcome::succeeded: return kSuccess;
    case Outcome::failed: return kFailed;
    case Outcome::timed_out: return kTimedOut;
    case Outcome::signaled:
    case Outcome::out_of_memory:
    case Outcome::killed: return kSignalBase + SIGKILL;
    case Outcome::stopped:
    case Outcome::lease_expired: return kSignalBase + SIGTERM;
    case Outcome::start_failed:
    case Outcome::lost: return kNoJob;
  }
  return kNoJob;
}

// "exit code 3", "SIGTERM (core dumped)"
std::string status_words(const config::Result& result) {
  const config::ExitStatus* exit = deciding_exit(result);
  if (exit == nullptr) return "";
  if (exit->signal)
    return printable(*exit->signal) + (exit->core_dumped.value_or(false) ? " (core dumped)" : "");
  if (exit->code) return "exit code " + std::to_string(*exit->code);
  return "";
}

std::string verb(const config::Result& result) {
  const std::string status = status_words(result);
  const std::string behind = status.empty() ? "" : ": " + status;
  switch (result.outcome) {
    case Outcome::succeeded: return "succeeded";
    case Outcome::failed: return "failed with " + (status.empty() ? "no exit code" : status);
    case Outcome::signaled: return "was ended by " + (status.empty() ? "a signal" : status);
    case Outcome::timed_out: return "was stopped at a limit" + behind;
    case Outcome::out_of_memory: return "was killed because it ran out of memory";
    case Outcome::stopped: return "was stopped" + behind;
    case Outcome::killed: return "was killed" + behind;
    case Outcome::lease_expired: return "was stopped" + behind;
    case Outcome::start_failed: return "could not be started";
    case Outcome::lost: return "is lost: what became of it is not known";
  }
  return "has ended";
}

}  // namespace

int exit_code_of(const config::Result& result) {
  switch (result.outcome) {
    case Outcome::succeeded: return kSuccess;
    case Outcome::timed_out:
    case Outcome::lost:
    case Outcome::start_failed: return usual_code(result.outcome);
    default: return own_code(result).value_or(usual_code(result.outcome));
  }
}

int exit_code_of_start_error(const varlink::MethodError& error) {
  if (error.name() != api::error::kStartFailed) return kNoJob;
  const nlohmann::json& parameters = error.parameters();
  const auto step = parameters.find("step");
  const auto number = parameters.find("errno");
  if (step == parameters.end() || *step != "exec") return kNoJob;
  if (number == parameters.end() || !number->is_number_integer()) return kNoJob;
  return *number == ENOENT ? kNotFound : kCannotExecute;
}

std::string ending_of(const config::Result& result) {
  std::string words = verb(result);
  if (result.detail && !result.detail->empty()) words += ": " + printable(*result.detail);
  return words;
}

}  // namespace coppice::cli
