#include "daemon/access.h"

#include <unistd.h>

namespace coppice::daemon {

bool may_touch(const varlink::Peer& peer, uid_t owner) {
  return peer.uid == owner || may_govern(peer);
}

bool may_govern(const varlink::Peer& peer) { return peer.uid == 0 || peer.uid == ::geteuid(); }

}  // namespace coppice::daemon
