// A limit that the daemon watches and that ended a job.
#pragma once

#include "config/job.h"

namespace coppice::daemon {

struct Exceeded {
  config::WatchedLimit limit = config::WatchedLimit::wall_time;
  // What it was set to.
  config::Milliseconds bound{};
};

}  // namespace coppice::daemon
