#include "daemon/name_service.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include "daemon/output/run_on.h"
#include "daemon/privileges.h"

namespace coppice::daemon {
namespace {

// Of with_name(): what a name service that hangs may pile up.
constexpr std::size_t kMostUntold = 1000;

struct Lookup {
  std::string owner_name;
  config::Identity identity;
  std::exception_ptr failure;
};

bool names_somebody(const config::JobSpec& spec) {
  return spec.user || spec.group || spec.supplementary_groups;
}

}  // namespace

NameService::NameService(asio::io_context& control)
    : control_(control), own_uid_(::geteuid()), work_(context_.get_executor()) {
  own_name_ = names_.of(own_uid_);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { context_.run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

NameService::~NameService() {
  work_.reset();
  thread_.join();
}

asio::awaitable<RunAs> NameService::run_as(const config::JobSpec& spec, varlink::Peer peer) {
  require_privileges(spec, peer, own_uid_);
  RunAs result;
  result.owner.uid = peer.uid;
  result.owner.gid = peer.gid;
  if (peer.uid == own_uid_ && !names_somebody(spec)) {
    result.owner.name = own_name_;
    co_return result;
  }
  auto look_up = [this, spec, peer]() {
    Lookup found;
    try {
      found.owner_name = names_.of(peer.uid);
      found.identity = config::resolve_identity(spec, peer.uid, peer.gid);
    } catch (...) {
      found.failure = std::current_exception();
    }
    return found;
  };
  Lookup found = co_await run_on(context_, control_, std::move(look_up));
  if (found.failure) std::rethrow_exception(found.failure);
  require_identity(found.identity, peer, spec.supplementary_groups.has_value(), own_uid_);
  result.owner.name = std::move(found.owner_name);
  if (own_uid_ == 0)
    result.credentials = process::Credentials{found.identity.uid, found.identity.gid,
                                              std::move(found.identity.groups)};
  co_return result;
}

void NameService::with_name(uid_t uid, std::function<void(const std::string&)> tell) {
  if (uid == own_uid_) return tell(own_name_);
  if (untold_ >= kMostUntold) return tell(std::to_string(uid));
  ++untold_;
  asio::post(context_, [this, uid, tell = std::move(tell)] {
    std::string name = std::to_string(uid);
    try {
      name = names_.of(uid);
    } catch (const std::exception&) {
      // The number says who it is.
    }
    tell(name);
    --untold_;
  });
}

}  // namespace coppice::daemon
