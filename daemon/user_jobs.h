// How many live jobs each user has. One thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "daemon/job.h"

namespace coppice::daemon {

class UserJobs {
 public:
  struct Count {
    std::size_t live = 0;
    // The ids of those that wait for a place.
    std::set<std::string, std::less<>> queued = {};
    // Live jobs in each slice.
    std::map<std::string, std::size_t, std::less<>> slices = {};
  };

  void add(const Job& job);
  // It waits no more. Harmless for one that did not.
  void admit(const Job& job);
  void remove(const Job& job);

  const Count& of(uid_t user) const;

 private:
  std::map<uid_t, Count> counts_;
};

}  // namespace coppice::daemon
