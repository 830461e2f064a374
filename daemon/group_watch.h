// Wakes a Notifier's waiters when a cgroup becomes empty, populated, frozen or thawed.
//
// The kernel tells up to 10 ms late and only that something has changed, so a waiter reads the group
// again; where 10 ms matter, it also has an Alarm. The group may be removed while it is watched.
// Dropping it ends the watch. One thread, the io_context's; the notifier outlives it.
#pragma once

#include <asio/io_context.hpp>
#include <memory>

#include "cgroup/group.h"
#include "daemon/notifier.h"

namespace coppice::daemon {

class GroupWatch {
 public:
  GroupWatch(asio::io_context& context, cgroup::Group& group, Notifier& notifier);
  ~GroupWatch();
  GroupWatch(const GroupWatch&) = delete;
  GroupWatch& operator=(const GroupWatch&) = delete;

 private:
  struct Watch;
  std::shared_ptr<Watch> watch_;
};

}  // namespace coppice::daemon
