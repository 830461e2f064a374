// A daemon that answers what a test says, and dies when a test says so.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "ipc/varlink/framing.h"

namespace coppice::reconnect {

using nlohmann::json;

struct Asked {
  // Without the interface: "Wait".
  std::string method;
  json parameters;
  bool more = false;
  std::vector<UniqueFd> descriptors;
};

// One connection of a client; closed with this.
class Peer {
 public:
  explicit Peer(UniqueFd socket);

  // The next call. Throws std::runtime_error when none comes in time.
  Asked next();
  void reply(const json& parameters, bool continues = false);
  void refuse(const std::string& error, const json& parameters = json::object());
  void send(std::string_view bytes);
  // The client has closed it, and asked for nothing more.
  bool left();

 private:
  bool wait();
  UniqueFd socket_;
  varlink::MessageReader reader_;
};

class FakeDaemon {
 public:
  // Listens at `path`.
  explicit FakeDaemon(std::string path);
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;
  ~FakeDaemon() { end(); }

  // The next connection. Throws std::runtime_error when none comes in time.
  Peer accept();
  // One that comes back, and asks first whether there is anybody.
  Peer accept_again();
  // Whether a connection waits.
  bool called() const;

  // Nobody listens any more, and the file of the socket stays or not.
  void die();
  void end();
  void listen();

 private:
  std::string path_;
  UniqueFd socket_;
};

}  // namespace coppice::reconnect
