// How jobs are kept in their pens when they could write to cgroup files (K10), and what those that are delegated to get.
//
// By namespaces, as process::CgroupView says; that takes a daemon that runs as root and may make them, which is tried
// out once. Where it cannot be had, what a job carries out of its pen is found and named (cgroup/strays.h). A process
// that becomes root later, by sudo in a user's job, is not confined. One thread.
#pragma once

#include <optional>
#include <string>

#include "cgroup/mount_points.h"
#include "cgroup/pen.h"
#include "config/job_spec.h"
#include "process/launch.h"

namespace coppice::daemon {

class Confinement {
 public:
  // Whether it can be had at all is for the caller to try: with a launch that require() has seen.
  void require(process::Launch& launch);
  // Nothing is confined from here on. `reason` says why not.
  void give_up(std::string reason) { reason_ = std::move(reason); }
  // Empty: jobs are confined.
  const std::string& reason() const { return reason_; }

  // Puts into the launch what a command of this job may see of cgroups; `identity` is whom it runs as; nothing: as the
  // daemon. Throws std::system_error for a shortage.
  void apply(const config::JobSpec& spec, const std::optional<process::Credentials>& identity, process::Launch& launch);

  // Gives a fresh pen to the user of a job that asks for it. Throws std::system_error.
  static void hand_over(const config::JobSpec& spec, const std::optional<process::Credentials>& identity,
                        const cgroup::Pen& pen);

 private:
  void fill_in(process::Launch& launch, process::CgroupView view);

  cgroup::MountPoints mounts_;
  std::string reason_;
};

}  // namespace coppice::daemon
