// The daemon's log of who did what that not everybody may: a line each, also for what was denied.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "daemon/job.h"
#include "daemon/name_service.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

class Audit {
 public:
  enum class Verdict { allowed, denied };

  // `names` outlives this.
  explicit Audit(NameService& names) : names_(names) {}

  // "user 1000 (alice), process 4711 (coppice): Kill of job 01J… of user 0 (root): denied". The line comes once the name
  // of the user is known. Of what is denied at most ten a second are told in full, and the others counted: nobody floods
  // the log.
  void tell(const varlink::Call& call, const std::string& what, Verdict verdict);
  // Of a job, by a method that acts on it; nothing for its owner.
  void touch(const varlink::Call& call, const Job& job, Verdict verdict);
  // By the administrator's signal.
  void tell_signal(const std::string& what);

 private:
  using Clock = std::chrono::steady_clock;

  bool may_tell(Verdict verdict);

  NameService& names_;
  Clock::time_point begun_{};
  int denied_ = 0;
};

}  // namespace coppice::daemon
