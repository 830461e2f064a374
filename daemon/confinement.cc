#include "daemon/confinement.h"

#include <unistd.h>

#include "cgroup/delegation.h"

namespace coppice::daemon {

void Confinement::fill_in(process::Launch& launch, process::CgroupView view) {
  mounts_.refresh();
  launch.cgroup_view = view;
  launch.cgroup2_mounts = mounts_.unified();
  launch.cgroup1_mounts = mounts_.legacy();
}

void Confinement::require(process::Launch& launch) { fill_in(launch, process::CgroupView::sealed); }

void Confinement::apply(const config::JobSpec& spec, const std::optional<process::Credentials>& identity,
                        process::Launch& launch) {
  // What another user's daemon delegates, the job can write to anyway, and has the rights of its daemon.
  if (::geteuid() != 0) return;
  const bool as_root = !identity || identity->uid == 0;
  if (spec.delegate.value_or(false))
    // Asked for: where it cannot be had, the start says at which step.
    fill_in(launch, process::CgroupView::delegated);
  else if (as_root && reason_.empty())
    fill_in(launch, process::CgroupView::sealed);
}

void Confinement::hand_over(const config::JobSpec& spec, const std::optional<process::Credentials>& identity,
                            const cgroup::Pen& pen) {
  if (!spec.delegate.value_or(false) || !identity || identity->uid == ::geteuid()) return;
  cgroup::delegate(pen, identity->uid, identity->gid);
}

}  // namespace coppice::daemon
