// What the parts of the daemon that serve jobs have in common. All on the control thread; made by
// the supervisor, which outlives every user of it.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "cgroup/hierarchy.h"
#include "daemon/access.h"
#include "daemon/audit.h"
#include "daemon/confinement.h"
#include "daemon/event_hub.h"
#include "daemon/event_texts.h"
#include "daemon/history/history.h"
#include "daemon/job_id.h"
#include "daemon/job_table.h"
#include "daemon/journal/journal.h"
#include "daemon/keeper_client.h"
#include "daemon/name_service.h"
#include "daemon/output/output.h"
#include "daemon/output/worker.h"
#include "daemon/parting.h"
#include "daemon/request_count.h"
#include "daemon/slice_table.h"
#include "daemon/start_keys.h"
#include "daemon/turns.h"

namespace coppice::daemon {

class Reload;

// Enough to keep the processors busy.
inline constexpr std::size_t kEndings = 64;

struct Services {
  asio::io_context& io;
  cgroup::Hierarchy& hierarchy;
  KeeperClient& keeper;
  Output& output;
  Journal& journal;
  NameService& names;
  EventHub& events;
  Chronicle& chronicle;
  JobTable& jobs;
  History& history;
  JobIds& ids;
  // One directory a job with output is made below it.
  std::string jobs_directory;
  // Notified when a job has ended.
  Notifier settled;
  // On kernels where a clone into a fresh cgroup dies at birth.
  bool enter_pen_by_write = false;
  Confinement confinement{};
  // No job is started any more.
  bool shutting_down = false;
  // A key that nobody knows may be one of the history, of a job that ended when its client had no answer yet.
  std::chrono::steady_clock::time_point doubts_keys_until{};
  // Starts wait, for another supervisor perhaps.
  bool starts_held = false;
  Parting parting = Parting::none;
  // Places of jobs that live on when this goes are left to themselves.
  SliceTable slices{};
  // Of jobs whose trees are being ended.
  Turns endings{kEndings};
  // Descriptors that came with jobs that are queued (queue_wait.h).
  std::size_t queued_descriptors = 0;
  // Of starts whose job is not in `jobs` yet.
  StartKeys start_keys{};
  // A thread for limits of what runs (limits.h), which may take as long as the kernel takes memory back; none before the
  // first of them.
  std::unique_ptr<Worker> limiting{};
  EventTexts event_texts{};
  Access access{};
  Audit audit{names};
  RequestCount requests{};
  // Set before the first call is served.
  Reload* reload = nullptr;
};

}  // namespace coppice::daemon
