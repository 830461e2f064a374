// What is known of a process that the keeper starts, or follows, and how reports change it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "process/keeper_protocol.h"

namespace coppice::daemon {

// What tells a process from all others: see process::IdentityKind.
struct ProcessIdentity {
  process::IdentityKind kind = process::IdentityKind::none;
  std::uint64_t value = 0;
};

// What is known of one process that the keeper starts, or follows. The phase goes forward only.
struct CommandState {
  enum class Phase { idle, launching, running, exited, failed };

  process::Key key = 0;
  Phase phase = Phase::idle;
  // From Phase::running on.
  pid_t pid = 0;
  ProcessIdentity identity;
  // Phase::failed
  std::optional<process::Failed> failure;
  // Phase::exited
  std::optional<process::Exited> exited;
};

// Takes a report that leads further; false for any other, which around a hand-over may come late.
bool follow(CommandState& state, const process::Report& report);

}  // namespace coppice::daemon
