// A client of the daemon that outlives the daemon: a call that meets a restart is asked for again.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "cli/connect.h"

namespace coppice::cli {

class PersistentClient {
 public:
  using Parameters = std::function<nlohmann::json()>;
  using Each = std::function<void(const nlohmann::json&)>;

  // Throws as connect() does: a daemon that was never there is not waited for.
  explicit PersistentClient(Target target);
  PersistentClient(Target target, varlink::Client connected);

  // The parameters of the reply. For what may be carried out twice: after a broken connection it is asked for again,
  // when the daemon is back (reconnect.h). The descriptors are borrowed. Throws varlink::MethodError,
  // varlink::Disconnected.
  nlohmann::json call(std::string_view method, const nlohmann::json& parameters,
                      const std::vector<int>& descriptors = {});
  // The same, with what is to be asked for at that time.
  nlohmann::json call_anew(std::string_view method, const Parameters& parameters);

  // A call with `more`: each reply's parameters go to `each`, in order. `parameters` says what is left to be asked
  // for, at first and after a broken connection.
  void stream(std::string_view method, const Parameters& parameters, const Each& each);

  // For what must not be carried out twice. Disconnected means that nobody knows whether it was carried out; see
  // refresh().
  nlohmann::json call_once(std::string_view method, const nlohmann::json& parameters);

  // The last call was asked for more than once: what it says may be the doing of the first.
  bool repeated() const { return repeated_; }

  // Connects again if the connection broke while no call was under way: then nothing is uncertain. Throws as
  // reconnect() does.
  void refresh();

  // After Disconnected: waits for the daemon and connects. Throws varlink::Disconnected.
  void reconnect();

 private:
  void persist(const std::function<void()>& exchange);

  Target target_;
  varlink::Client client_;
  bool repeated_ = false;
};

}  // namespace coppice::cli
