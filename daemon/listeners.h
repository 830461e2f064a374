// The sockets at which the daemon is reached: opened once, and kept by the keeper over the deaths of supervisors, so that
// a client that connects in between waits instead of being refused.
#pragma once

#include <string>
#include <vector>

#include "daemon/bequest.h"
#include "daemon/held.h"
#include "daemon/keeper_client.h"
#include "ipc/varlink/address.h"
#include "ipc/varlink/server.h"

namespace coppice::daemon {

class Listeners {
 public:
  Listeners(varlink::Server& server, KeeperClient& keeper) : server_(server), keeper_(keeper) {}

  // At the sockets that a service manager started this process with; theirs they stay: no mode is set, no file removed. False
  // if there are none. Throws std::runtime_error.
  bool open_activated();
  // At those of `addresses` at which nobody listens so far, in a directory of `runtime` that is made, and that others
  // may enter if one of these lets them in (";mode=0666"). Throws varlink::AddressInUse, std::system_error.
  void open(const std::vector<std::string>& addresses, const std::string& runtime);
  // At what an earlier supervisor has opened. False if there is none of it.
  bool take_over(HeldDescriptors& held);
  // Where clients are served, for people.
  std::string places() const;
  // What the keeper holds of them, for another keeper.
  void bequeath(Bequest& bequest) const;
  // Nobody is let in any more. Connections that are there go on.
  void close();

 private:
  void listen(UniqueFd socket);
  bool serves(const varlink::Address& address) const;
  void serve(UniqueFd socket);
  process::Tag count() const { return static_cast<process::Tag>(sockets_.size()); }

  varlink::Server& server_;
  KeeperClient& keeper_;
  std::vector<varlink::SocketFile> files_;
  // Duplicates, by their index: the server owns those that it serves.
  std::vector<UniqueFd> sockets_;
};

}  // namespace coppice::daemon
