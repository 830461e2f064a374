#include "daemon/command_state.h"

#include <variant>

namespace coppice::daemon {
namespace {

using Phase = CommandState::Phase;

int rank(Phase phase) {
  return phase == Phase::idle ? 0 : phase == Phase::launching ? 1 : phase == Phase::running ? 2 : 3;
}

}  // namespace

bool follow(CommandState& state, const process::Report& report) {
  const auto moves_to = [&state](Phase phase) {
    if (rank(phase) <= rank(state.phase)) return false;
    state.phase = phase;
    return true;
  };
  if (const auto* launched = std::get_if<process::Launched>(&report)) {
    if (state.pid == 0) {
      state.pid = static_cast<pid_t>(launched->pid);
      state.identity = {launched->identity_kind, launched->identity};
    }
    return moves_to(Phase::running);
  }
  if (const auto* failed = std::get_if<process::Failed>(&report)) {
    if (!moves_to(Phase::failed)) return false;
    state.failure = *failed;
    return true;
  }
  if (const auto* exited = std::get_if<process::Exited>(&report)) {
    if (!moves_to(Phase::exited)) return false;
    state.exited = *exited;
    return true;
  }
  return std::holds_alternative<process::Launching>(report) && moves_to(Phase::launching);
}

}  // namespace coppice::daemon
