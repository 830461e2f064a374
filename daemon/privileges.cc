#include "daemon/privileges.h"

#include <sys/resource.h>

#include <optional>
#include <string>

#include "config/names.h"
#include "daemon/errors.h"

namespace coppice::daemon {
namespace {

bool may_all(const varlink::Peer& peer, uid_t own_uid) { return own_uid == 0 && peer.uid == 0; }

// A job has the daemon's hard limits unless it asks for lower ones. The daemon's own where the job's would be higher.
std::optional<rlim_t> raised_from(const std::string& name, const config::Rlimit& limit) {
  rlimit own{};
  const auto resource = config::rlimit_resource(name);
  if (!resource || ::getrlimit(static_cast<__rlimit_resource>(*resource), &own) != 0) return std::nullopt;
  if (own.rlim_max == RLIM_INFINITY) return std::nullopt;
  if (limit.hard && static_cast<rlim_t>(*limit.hard) <= own.rlim_max) return std::nullopt;
  return own.rlim_max;
}

void require_modest_limits(const config::Limits& limits) {
  for (const auto& [name, limit] : limits.rlimits)
    if (const auto own = raised_from(name, limit))
      throw permission_denied("only root may raise limits of a job: give " + name + " at most " + std::to_string(*own) +
                              ", the hard limit too");
}

}  // namespace

void require_privileges(const config::JobSpec& spec, const varlink::Peer& peer, uid_t own_uid) {
  if (may_all(peer, own_uid)) return;
  if (spec.root_directory)
    throw permission_denied("only root may give a job another root directory, and only a daemon that runs as root: "
                            "leave rootDirectory out");
  // The kernel itself refuses what the user of another daemon may not do.
  if (own_uid != 0) return;
  if (spec.nice.value_or(0) < 0)
    throw permission_denied("only root may run a job with a nice below 0: leave nice out, or give 0 to 19");
  if (spec.oom_score_adjust.value_or(0) < 0)
    throw permission_denied("only root may spare a job when memory is short: leave oomScoreAdjust out, or give "
                            "0 to 1000");
  require_modest_limits(spec.limits);
}

void require_identity(const config::Identity& wanted, const varlink::Peer& peer, bool groups_named,
                      uid_t own_uid) {
  if (may_all(peer, own_uid)) return;
  const auto number = [](uid_t uid) { return "user " + std::to_string(uid); };
  if (own_uid != 0 && wanted.uid != own_uid)
    throw permission_denied("this daemon runs as " + number(own_uid) +
                            " and so do its jobs: ask a daemon that runs as root for another user");
  if (wanted.uid != peer.uid)
    throw permission_denied("only root may run a job as another user: leave user out, and it runs as " +
                            number(peer.uid));
  if (groups_named || wanted.gid != peer.gid)
    throw permission_denied("only root may choose the groups of a job: leave group and supplementaryGroups out, "
                            "and it has those of " +
                            number(peer.uid));
}

std::vector<std::string> privileged_fields(const config::JobSpec& spec, uid_t own_uid) {
  std::vector<std::string> fields;
  if (spec.root_directory) fields.emplace_back("rootDirectory");
  if (own_uid != 0) return fields;
  if (spec.nice.value_or(0) < 0) fields.emplace_back("nice");
  if (spec.oom_score_adjust.value_or(0) < 0) fields.emplace_back("oomScoreAdjust");
  for (const auto& [name, limit] : spec.limits.rlimits)
    if (raised_from(name, limit)) fields.push_back("limits.rlimits." + name);
  return fields;
}

}  // namespace coppice::daemon
