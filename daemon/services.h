// What the parts of the daemon that serve jobs have in common. All on the control thread; made by
// the supervisor, which outlives every user of it.
#pragma once

#include <asio/io_context.hpp>
#include <cstddef>
#include <string>

#include "cgroup/hierarchy.h"
#include "daemon/event_hub.h"
#include "daemon/job_id.h"
#include "daemon/job_table.h"
#include "daemon/journal/journal.h"
#include "daemon/keeper_client.h"
#include "daemon/name_service.h"
#include "daemon/output/output.h"
#include "daemon/slice_table.h"

namespace coppice::daemon {

struct Services {
  asio::io_context& io;
  cgroup::Hierarchy& hierarchy;
  KeeperClient& keeper;
  Output& output;
  Journal& journal;
  NameService& names;
  EventHub& events;
  JobTable& jobs;
  JobIds& ids;
  // One directory a job with output is made below it.
  std::string jobs_directory;
  // On kernels where a clone into a fresh cgroup dies at birth.
  bool enter_pen_by_write = false;
  // No job is started any more.
  bool shutting_down = false;
  // Notified when a job has ended.
  Notifier settled;
  // Places of jobs that live on when this goes are left to themselves.
  SliceTable slices{};
  // Descriptors that came with jobs that are queued (queue_wait.h).
  std::size_t queued_descriptors = 0;
};

}  // namespace coppice::daemon
