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

// For the clients of a supervisor that has died to find the next.
constexpr std::chrono::seconds kReturnWindow{30};

class ConnectionBond : public Bond {
 public:
  BondRecord record() const override { return {config::Lifetime::Bound::connection, {}, {}}; }
  void move_to(varlink::Call& call) override {
    const unsigned turn = ++turn_;
    call.at_close([weak = weak_from_this(), turn] {
      if (const auto self = std::static_pointer_cast<ConnectionBond>(weak.lock())) self->closed(turn);
    });
  }

 protected:
  // That the job was bound as number `turn`.
  void closed(unsigned turn) {
    if (turn == turn_) break_off(EndCause::connection_closed);
  }

 private:
  unsigned turn_ = 0;
};

// Its connection is one that nobody has yet.
class RecoveredBond : public ConnectionBond {
 public:
  RecoveredBond(asio::io_context& io, std::chrono::milliseconds window) : timer_(io), window_(window) {}

  void move_to(varlink::Call& call) override {
    timer_.cancel();
    ConnectionBond::move_to(call);
  }

 private:
  void begin() override {
    timer_.expires_after(window_);
    timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
      if (error) return;
      // One that has moved since this was on its way is of a later turn.
      if (const auto self = std::static_pointer_cast<RecoveredBond>(weak.lock())) self->closed(0);
    });
  }

  asio::steady_timer timer_;
  const std::chrono::milliseconds window_;
};

// The clock of the timer stands still while the machine sleeps, as whoever should renew does. What is told is the
// wall clock's.
class Lease : public Bond {
 public:
  // `lapses_at`: of one that has begun before.
  Lease(asio::io_context& io, config::Milliseconds ttl, std::optional<Clock::time_point> lapses_at = {})
      : timer_(io), ttl_(ttl), begun_(lapses_at) {}

  BondRecord record() const override {
    return {config::Lifetime::Bound::lease, ttl_, std::chrono::nanoseconds(timer_.expiry().time_since_epoch()).count()};
  }

  std::optional<config::Time> expires_at() const override { return expires_at_; }

  std::optional<config::Time> renew() override {
    if (lapsed_) return std::nullopt;
    run_until(Clock::now() + ttl_);
    return expires_at_;
  }

 private:
  void begin() override { run_until(begun_.value_or(Clock::now() + ttl_)); }

  void run_until(Clock::time_point end) {
    expires_at_ = std::chrono::time_point_cast<config::Time::duration>(now() + (end - Clock::now()));
    timer_.expires_at(end);
    timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
      if (error) return;
      if (const auto self = std::static_pointer_cast<Lease>(weak.lock())) self->lapse();
    });
  }

  void lapse() {
    // Renewed while this was on its way.
    if (Clock::now() < timer_.expiry()) return;
    lapsed_ = true;
    break_off(EndCause::lease_expired);
  }

  asio::steady_timer timer_;
  const config::Milliseconds ttl_;
  const std::optional<Clock::time_point> begun_;
  config::Time expires_at_{};
  bool lapsed_ = false;
};

std::shared_ptr<Bond> bind_to_connection(varlink::Call& call) {
  auto bond = std::make_shared<ConnectionBond>();
  bond->move_to(call);
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

std::shared_ptr<Bond> recovered_connection_bond(asio::io_context& io, std::chrono::milliseconds window) {
  return std::make_shared<RecoveredBond>(io, window);
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

std::shared_ptr<Bond> recovered_bond(asio::io_context& io, const BondRecord& record, UniqueFd pidfd) {
  using Bound = config::Lifetime::Bound;
  switch (record.bound) {
    case Bound::process:
      return pidfd ? std::make_shared<ProcessBond>(io, std::move(pidfd)) : nullptr;
    case Bound::lease: {
      const Clock::time_point end(std::chrono::nanoseconds(record.lapses_at.value_or(0)));
      return std::make_shared<Lease>(io, record.ttl.value_or(config::Milliseconds(0)), end);
    }
    case Bound::connection:
      return recovered_connection_bond(io, kReturnWindow);
    case Bound::detached:
      break;
  }
  return nullptr;
}

}  // namespace coppice::daemon
