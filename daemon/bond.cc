#include "daemon/bond.h"

#include <asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "daemon/clock.h"
#include "daemon/process_bond.h"
#include "daemon/stop_policy.h"

namespace coppice::daemon {
namespace {

using Clock = std::chrono::steady_clock;

class ConnectionBond : public Bond {
 public:
  void connection_closed() { break_off(EndCause::connection_closed); }
};

// The clock of the timer stands still while the machine sleeps, as whoever should renew does. What is told is the
// wall clock's.
class Lease : public Bond {
 public:
  Lease(asio::io_context& io, config::Milliseconds ttl) : timer_(io), ttl_(ttl) {}

  std::optional<config::Time> expires_at() const override { return expires_at_; }

  std::optional<config::Time> renew() override {
    if (lapsed_) return std::nullopt;
    expires_at_ = now() + ttl_;
    timer_.expires_after(ttl_);
    timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
      if (error) return;
      if (const auto self = std::static_pointer_cast<Lease>(weak.lock())) self->lapse();
    });
    return expires_at_;
  }

 private:
  void begin() override { static_cast<void>(renew()); }

  void lapse() {
    // Renewed while this was on its way.
    if (Clock::now() < timer_.expiry()) return;
    lapsed_ = true;
    break_off(EndCause::lease_expired);
  }

  asio::steady_timer timer_;
  const config::Milliseconds ttl_;
  config::Time expires_at_{};
  bool lapsed_ = false;
};

std::shared_ptr<Bond> bind_to_connection(varlink::Call& call) {
  auto bond = std::make_shared<ConnectionBond>();
  call.at_close([weak = std::weak_ptr<ConnectionBond>(bond)] {
    if (const auto bond = weak.lock()) bond->connection_closed();
  });
  return bond;
}

}  // namespace

void Bond::hold(Job& job) {
  job_ = &job;
  begin();
}

void Bond::break_off(EndCause cause) {
  if (job_ == nullptr || job_->end_requested()) return;
  job_->request_stop(stop_request(job_->spec(), {}, cause));
}

std::shared_ptr<Bond> make_bond(varlink::Call& call, asio::io_context& io, const config::Lifetime& lifetime) {
  using Bound = config::Lifetime::Bound;
  switch (lifetime.bound) {
    case Bound::detached:
      return nullptr;
    case Bound::connection:
      return bind_to_connection(call);
    case Bound::process:
      return std::make_shared<ProcessBond>(io, call.take_descriptor(*lifetime.fd, "spec.lifetime.fd"));
    case Bound::lease:
      return std::make_shared<Lease>(io, *lifetime.ttl);
  }
  return nullptr;
}

}  // namespace coppice::daemon
