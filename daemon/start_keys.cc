#include "daemon/start_keys.h"

namespace coppice::daemon {

StartKeys::Hold::~Hold() {
  if (!taken_) return;
  auto released = taken_->extract(key_);
  released.mapped()->notify_all();
}

asio::awaitable<StartKeys::Hold> StartKeys::take(asio::io_context& io, uid_t owner, std::string key) {
  const std::shared_ptr<Taken> taken = taken_;
  const Key wanted(owner, std::move(key));
  for (auto found = taken->find(wanted); found != taken->end(); found = taken->find(wanted)) {
    const std::shared_ptr<Notifier> released = found->second;
    co_await released->wait();
  }
  taken->emplace(wanted, std::make_shared<Notifier>(io));
  co_return Hold(taken, wanted);
}

}  // namespace coppice::daemon
