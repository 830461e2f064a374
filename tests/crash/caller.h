// A client that outlives the daemon's deaths: it connects again and repeats the call.
//
// It has a small loop of its own, not the one of the command line: a test of a promise does not rest on what the
// promise is kept with. One thread.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ipc/varlink/client.h"

namespace coppice::crash {

using nlohmann::json;

// No answer within kPatience, or nobody to connect to.
class Abandoned : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr std::chrono::seconds kPatience{180};

class Caller {
 public:
  explicit Caller(std::string socket) : socket_(std::move(socket)) {}

  // Calls io.coppice.Jobs.METHOD until it is answered, so it must be safe to repeat. Throws varlink::MethodError for an
  // error reply, Abandoned.
  json call(std::string_view method, const json& parameters);

  // A call with `more`. `parameters` is asked anew for each repeat; `take` gets each reply and says false when it
  // has enough. Returns at the last reply.
  void stream(std::string_view method, const std::function<json()>& parameters,
              const std::function<bool(const json&)>& take);

  // Connections that were lost.
  int losses() const { return losses_; }

 private:
  varlink::Client& client();
  varlink::Reply next(varlink::Client& client);
  void lose();

  std::string socket_;
  std::optional<varlink::Client> client_;
  int losses_ = 0;
};

}  // namespace coppice::crash
