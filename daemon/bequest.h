// What this supervisor leaves to the keeper that it becomes when its own has died.
#pragma once

#include <vector>

#include "base/unique_fd.h"
#include "daemon/held.h"
#include "daemon/job_record.h"
#include "process/keeper/handover.h"

namespace coppice::daemon {

struct Bequest {
  process::KeeperHandover handover;
  // The descriptors in it.
  std::vector<UniqueFd> descriptors;

  // A duplicate, with a number that the keeper leaves alone; -1 for none, and when there is none to be had.
  int duplicate(int descriptor);
  // Borrowed; -1 is passed over.
  void add(process::Box box, process::Tag tag, int descriptor);
};

}  // namespace coppice::daemon
