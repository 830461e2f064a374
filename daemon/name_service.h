// As whom a job runs, and what its owner is called.
//
// The name service may ask the network and block, so lookups run on a thread of their own. What needs
// none (root, and a daemon that serves its own user) is answered at once.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "config/job_spec.h"
#include "config/users.h"
#include "daemon/job.h"
#include "ipc/varlink/call.h"
#include "process/launch.h"

namespace coppice::daemon {

struct RunAs {
  Owner owner;
  // Nothing: as the daemon itself.
  std::optional<process::Credentials> credentials;
};

class NameService {
 public:
  // Looks up the name of our own user, which may block.
  explicit NameService(asio::io_context& control);
  ~NameService();
  NameService(const NameService&) = delete;
  NameService& operator=(const NameService&) = delete;

  // Throws PermissionDenied if the peer may not run a job as the spec says, InvalidSpec for an unknown
  // user or group, std::system_error if the name service fails.
  asio::awaitable<RunAs> run_as(const config::JobSpec& spec, varlink::Peer peer);

  // Calls `tell` with the user's name: at once for our own user, else on the thread of the lookups.
  // When very many wait there, with the number at once.
  void with_name(uid_t uid, std::function<void(const std::string&)> tell);

 private:
  asio::io_context& control_;
  uid_t own_uid_;
  std::string own_name_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  // Used on the thread alone.
  config::UserNames names_;
  std::atomic<std::size_t> untold_ = 0;
  std::thread thread_;
};

}  // namespace coppice::daemon
