// What the register tells of earlier lives of the daemon, and how its jobs go on from there.
//
// For the start, before anything is served; on the control thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/event_hub.h"
#include "daemon/job_record.h"
#include "daemon/keeper_client.h"
#include "daemon/register/register.h"
#include "daemon/services.h"

namespace coppice::daemon {

class Recovery {
 public:
  // Replays the register into `events` and into this.
  Recovery(Register& book, EventHub& events);

  // The daemon was told to end, and has not been started anew since.
  bool shutdown() const { return shutdown_; }
  std::size_t live() const;

  // Ends and lets go what belongs to no job that is known, and keeps what is reserved for those that are. Before
  // anything is started.
  void clear_up(const Handover& handover, Services& services) const;

  // Makes every job that has not ended go on. `handover` is what the keeper has; `complain` gets a sentence for the log.
  void go_on(Handover& handover, Services& services, const std::function<void(const std::string&)>& complain);

 private:
  void take(const nlohmann::json& entry, bool of_this_boot);
  void take_event(const nlohmann::json& entry, const JobRecord& record);
  void recall(const JobRecord& record, Services& services) const;
  void adopt(JobRecord record, Handover& handover, Services& services) const;
  void declare_lost(JobRecord record, Services& services) const;
  void enter(JobRecord record, Handover& handover, Services& services);

  Register& book_;
  EventHub& events_;
  // In order of their starts.
  std::map<std::string, JobRecord> jobs_;
  // Those that were begun before this machine was started: nothing of them lives.
  std::set<std::string, std::less<>> bygone_;
  std::map<std::string, SliceBounds> bounds_;
  std::vector<std::string> problems_;
  bool shutdown_ = false;
};

}  // namespace coppice::daemon
