// A keeper that rests at the state directory, with the jobs that an earlier daemon has left there.
#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <string>

#include "daemon/keeper_client.h"

namespace coppice::daemon {

class Predecessor {
 public:
  // Null if none rests there. Throws std::system_error.
  static std::unique_ptr<Predecessor> find(asio::io_context& io, const std::string& path);
  // The same of a keeper that has the state directory and may be about to rest, or to end: it is waited for, up to a second.
  // Blocks the calling thread. Throws std::system_error.
  static std::unique_ptr<Predecessor> await(asio::io_context& io, const std::string& path, const std::string& state_directory);

  // Gives all that it holds to `keeper`, and returns what it told. Commands that run are not in that: they are
  // children of nobody here, and are followed by their identity.
  Handover take(KeeperClient& keeper);
  // To be called when our keeper has taken over. It ends, and touches no job.
  void dismiss();

  Predecessor(asio::io_context& io, UniqueFd line);

 private:
  KeeperClient keeper_;
  Handover handover_;
};

}  // namespace coppice::daemon
