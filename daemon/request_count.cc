#include "daemon/request_count.h"

#include "daemon/errors.h"

namespace coppice::daemon {

RequestCount::Request::Request(RequestCount& count, uid_t user, const Quotas& quotas) : count_(count), user_(user) {
  const auto found = count_.users_.find(user_);
  if (found != count_.users_.end() && found->second >= quotas.requests)
    throw exhausted("requests in flight of one user", quotas.requests);
  if (quotas.requests == 0) throw exhausted("requests in flight of one user", 0);
  ++count_.users_[user_];
}

RequestCount::Request::~Request() {
  const auto found = count_.users_.find(user_);
  if (--found->second == 0) count_.users_.erase(found);
}

}  // namespace coppice::daemon
