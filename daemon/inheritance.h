// What an earlier supervisor has left of one job.
#pragma once

#include <optional>
#include <vector>

#include "base/unique_fd.h"
#include "daemon/held.h"
#include "daemon/job_record.h"
#include "daemon/keeper_client.h"

namespace coppice::daemon {

// One command.
struct InheritedCommand {
  // Of one that the keeper knows.
  std::optional<HandedCommand> handed;
  // Of one that only the register knows, because its keeper has died: which process it was, and a pidfd of it if that
  // is there still.
  std::optional<MainProcess> main;
  UniqueFd pidfd;

  // It was asked for.
  bool known() const { return handed || main; }
};

struct Inheritance {
  HeldDescriptors held;
  // In order.
  std::vector<InheritedCommand> commands;
};

}  // namespace coppice::daemon
