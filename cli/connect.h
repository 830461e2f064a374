// The connection to the daemon.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "ipc/varlink/client.h"

namespace coppice::cli {

// Where the daemon is looked for: --socket, else COPPICE_SOCKET, else the place for this user.
struct Target {
  varlink::Address address;
  // What the user knows it by.
  std::string word;
  // Neither option nor variable: nobody vouched for what listens there.
  bool usual_place = false;
};

// Throws Trouble for a word that is no address.
Target target_of(const CommonOptions& options);

// Throws Trouble that names the socket and the remedy when nothing answers. At the usual place only
// a daemon of this user or of root is talked to: in /tmp anybody could listen.
varlink::Client connect(const Target& target);

// The same, but where no daemon runs it starts a private one for this user (private_daemon.h).
varlink::Client connect_or_start(const Target& target);

// A call with `more`: each reply's parameters go to `each`, in order. Throws varlink::MethodError.
void stream(varlink::Client& client, std::string_view method, const nlohmann::json& parameters,
            const std::function<void(const nlohmann::json&)>& each);

}  // namespace coppice::cli
