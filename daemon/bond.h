// What ends a job when nobody asks: the connection, the process or the lease that it is bound to.
//
// A bond belongs to its job as long as that lives, queued or not, and is dropped when it is over. When it breaks,
// the job is asked to end by its own stop policy, with a cause that says why; a job that has been asked to end
// before goes on ending as it was asked to. One thread, the io_context's.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "config/job.h"
#include "daemon/job.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

class Bond : public std::enable_shared_from_this<Bond> {
 public:
  virtual ~Bond() = default;

  // From now on it may end `job`, which owns it. Once.
  void hold(Job& job);

  // How many it holds.
  virtual std::size_t descriptors() const { return 0; }

  // What is to be kept of it for a later process of the daemon.
  virtual BondRecord record() const = 0;

  // Borrowed: what a later process needs beside that; -1 for nothing.
  virtual int pidfd() const { return -1; }

  // When a lease runs out, or ran out, by the wall clock; nothing for a bond of another kind.
  virtual std::optional<config::Time> expires_at() const { return std::nullopt; }
  // Starts a lease anew: when it runs out then. Nothing when it has run out, and for a bond of another kind.
  virtual std::optional<config::Time> renew() { return std::nullopt; }

  // A bond to a connection is one to that of `call` from now on: what becomes of the one before counts no more. A bond
  // of another kind takes no notice.
  virtual void move_to(varlink::Call&) {}

 protected:
  // The job is held from here on.
  virtual void begin() {}
  void break_off(EndCause cause);

 private:
  Job* job_ = nullptr;
};

// The bond that `lifetime` asks for, null for a detached job; takes the pidfd of a bound process out of `call`.
// Throws InvalidSpec for a descriptor that is no pidfd, InvalidParameter for an index that does not fit,
// std::system_error for a shortage.
std::shared_ptr<Bond> make_bond(varlink::Call& call, asio::io_context& io, const config::Lifetime& lifetime);

// Of a job that an earlier supervisor has begun: a lease goes on to where it ended; `pidfd` is what the keeper held.
// Null where there is nothing to bind it to.
std::shared_ptr<Bond> recovered_bond(asio::io_context& io, const BondRecord& record, UniqueFd pidfd);
// The bond to a connection of a job that outlived the supervisor that had it: the job is ended as if the connection had
// closed, unless the client comes back (Bond::move_to) within `window` of hold().
std::shared_ptr<Bond> recovered_connection_bond(asio::io_context& io, std::chrono::milliseconds window);

}  // namespace coppice::daemon
