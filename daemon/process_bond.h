// A job that lives as long as a process of its client's choice, known by a passed pidfd.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "daemon/bond.h"

namespace coppice::daemon {

// A pidfd polls readable when its process has exited (pidfd_open(2)), at once if it has by now, and whether or not it
// is our child. It shares its open file with the client, and O_NONBLOCK, which Asio sets on what it
// watches, would make the client's waitid(2) answer EAGAIN (O4). So Asio watches an epoll of ours that watches the
// pidfd, which changes nothing of it.
class ProcessBond : public Bond {
 public:
  // Throws InvalidSpec naming spec.lifetime.fd if it is no pidfd, std::system_error for a shortage.
  ProcessBond(asio::io_context& io, UniqueFd pidfd);

  std::size_t descriptors() const override { return 2; }
  BondRecord record() const override { return {config::Lifetime::Bound::process, {}, {}}; }
  int pidfd() const override { return pidfd_.get(); }

 private:
  void begin() override;

  UniqueFd pidfd_;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> watch_;
};

}  // namespace coppice::daemon
