// A blocking Varlink client, for the CLI and for tests.
//
// One thread at a time. Nothing is read ahead of a message's NUL, so polling descriptor() for POLLIN tells
// the truth about whether receive() has something to read.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "ipc/varlink/address.h"
#include "ipc/varlink/method_error.h"

namespace coppice::varlink {

// The other end is gone, or what it sent is no Varlink. The connection is of no use any more.
class Disconnected : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The latter: another connection would be of no more use.
class Unintelligible : public Disconnected {
  using Disconnected::Disconnected;
};

enum class Mode { plain, more, oneway, upgrade };

class Reply {
 public:
  Reply(nlohmann::json parameters, bool continues, std::string error, std::vector<UniqueFd> descriptors);
  Reply(Reply&&) noexcept;
  Reply& operator=(Reply&&) noexcept;
  ~Reply();

  // Always an object.
  const nlohmann::json& parameters() const { return *parameters_; }
  // Further replies to this call follow.
  bool continues() const { return continues_; }
  // Full name; "" for a reply that is no error.
  const std::string& error() const { return error_; }
  bool failed() const { return !error_.empty(); }
  // Throws what failed as MethodError.
  void throw_if_failed() const;

  std::size_t descriptors() const { return descriptors_.size(); }
  // Throws Disconnected when there is no such index or it was taken.
  UniqueFd take_descriptor(std::size_t index);

 private:
  std::unique_ptr<nlohmann::json> parameters_;
  bool continues_;
  std::string error_;
  std::vector<UniqueFd> descriptors_;
};

class Client {
 public:
  // Throws std::system_error when nothing listens there.
  static Client connect(const Address& address);
  // Any connected stream socket.
  explicit Client(UniqueFd socket);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // `method` is the full name, `parameters` an object. The descriptors are borrowed; 253 at most. Calls may be sent
  // before replies are read; each of them but a oneway one is answered, in order. Throws Disconnected.
  // A peer that reads nothing blocks this.
  void send(std::string_view method, const nlohmann::json& parameters, Mode mode = Mode::plain,
            const std::vector<int>& descriptors = {});

  // The next reply. Blocks; throws Disconnected when there will be none.
  Reply receive();
  // Nothing when none was complete within `timeout`; the part that was read is kept.
  std::optional<Reply> receive_within(std::chrono::milliseconds timeout);

  // send(plain) and receive(): the parameters of the reply. Throws MethodError for an error reply.
  nlohmann::json call(std::string_view method, const nlohmann::json& parameters);

  // Borrowed, blocking; for poll(2) and for getsockopt(2).
  int descriptor() const;
  // The raw connection, after the reply to an upgrade call; this object is empty then.
  UniqueFd release();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coppice::varlink
