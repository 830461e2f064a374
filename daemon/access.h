// Who may do what, and how much of it (guarantees A1, A2, A4).
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/settings/settings.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// Settings with their names looked up.
struct AccessRules {
  std::optional<gid_t> admin_group = {};
  Quotas quotas = {};
  std::map<uid_t, Quotas> user_quotas = {};
};

// Asks the name service, which may block: not for the control thread. Names that there are not are told in `remarks`
// and count for nobody; the group of the default may be missing without a word.
AccessRules look_up_rules(const Settings& settings, std::vector<std::string>& remarks);

class Access {
 public:
  // Nobody but root and the daemon's own user is more than others, until rules are given.
  Access();

  void change(AccessRules rules) { rules_ = std::move(rules); }

  // A user sees and touches its own jobs, those who govern all of them.
  bool may_touch(const varlink::Peer& peer, uid_t owner) const { return peer.uid == owner || may_govern(peer); }
  // What concerns the jobs of everybody: root, the user that the daemon runs as, the members of the admin group.
  bool may_govern(const varlink::Peer& peer) const { return may_manage(peer) || is_admin(peer); }
  // The daemon itself: root and the user that it runs as.
  bool may_manage(const varlink::Peer& peer) const { return is_unbounded(peer.uid); }

  const Quotas& quotas_of(uid_t user) const;

 private:
  bool is_admin(const varlink::Peer& peer) const;
  bool is_unbounded(uid_t user) const { return user == 0 || user == own_uid_; }

  uid_t own_uid_;
  AccessRules rules_;
};

}  // namespace coppice::daemon
