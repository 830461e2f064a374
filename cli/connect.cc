#include "cli/connect.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "base/errno_text.h"
#include "cli/private_daemon.h"
#include "cli/trouble.h"
#include "config/places.h"

namespace coppice::cli {
namespace {

// An idle private daemon may end between our connect and its accept. More often than this is no race.
constexpr int kAttempts = 5;

Trouble cannot_reach(const Target& target, const std::system_error& error) {
  if (nobody_listens(error))
    return Trouble("no daemon answers at " + target.word +
                   ": coppice run starts one for you, coppiced starts one for this machine, and --socket or "
                   "COPPICE_SOCKET says where one is");
  std::string remedy;
  if (error.code().value() == EACCES || error.code().value() == EPERM)
    remedy = "; only its owner and root may use it, and --socket names another";
  return Trouble("the daemon at " + target.word + " cannot be reached: " + error.what() + remedy);
}

void require_trusted(const Target& target, const varlink::Client& client) {
  if (!target.usual_place) return;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(client.descriptor(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    throw errno_error("getsockopt SO_PEERCRED of", target.word, errno);
  if (peer.uid != 0 && peer.uid != ::geteuid())
    throw Trouble("what listens at " + target.word + " belongs to user " + std::to_string(peer.uid) +
                  " and is not trusted: name it with --socket if it shall be used all the same");
}

std::optional<varlink::Client> connect_if_served(const Target& target) {
  try {
    return try_connect(target);
  } catch (const std::system_error& error) {
    if (nobody_listens(error)) return std::nullopt;
    throw cannot_reach(target, error);
  }
}

// A daemon that is about to end for being idle hangs up instead of answering.
bool answers(varlink::Client& client) {
  try {
    static_cast<void>(client.call("org.varlink.service.GetInfo", nlohmann::json::object()));
    return true;
  } catch (const varlink::Disconnected&) {
    return false;
  }
}

bool is_served(const std::string& socket) {
  try {
    static_cast<void>(varlink::Client::connect(varlink::parse_address(socket)));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

// A user who has no daemon of its own is served by the system's, where that lets it in.
std::string usual_socket() {
  const uid_t user = ::geteuid();
  const std::string own = config::default_socket(user);
  const std::string system = config::default_places(0).socket;
  return user != 0 && !is_served(own) && is_served(system) ? system : own;
}

}  // namespace

Target target_of(const CommonOptions& options) {
  Target target;
  const char* variable = std::getenv("COPPICE_SOCKET");
  target.usual_place = !options.socket && (variable == nullptr || *variable == '\0');
  if (options.socket) target.word = *options.socket;
  else target.word = target.usual_place ? usual_socket() : config::default_socket(::geteuid());
  try {
    target.address = varlink::parse_address(target.word);
  } catch (const std::invalid_argument& error) {
    throw Trouble((options.socket ? "--socket: " : "COPPICE_SOCKET: ") + std::string(error.what()));
  }
  return target;
}

bool nobody_listens(const std::system_error& error) {
  const int number = error.code().value();
  return number == ENOENT || number == ECONNREFUSED;
}

varlink::Client try_connect(const Target& target) {
  varlink::Client client = varlink::Client::connect(target.address);
  require_trusted(target, client);
  return client;
}

varlink::Client connect(const Target& target) {
  try {
    return try_connect(target);
  } catch (const std::system_error& error) {
    throw cannot_reach(target, error);
  }
}

varlink::Client connect_or_start(const Target& target) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (std::optional<varlink::Client> client = connect_if_served(target)) {
      if (answers(*client)) return std::move(*client);
      continue;
    }
    const StartLock lock(target.address);
    // Whoever held the lock before us has started one.
    std::optional<varlink::Client> client = connect_if_served(target);
    if (!client) start_private_daemon(target);
  }
  throw Trouble("the daemon at " + target.word + " ends as soon as it is spoken to: see its log, " +
                private_log(target));
}

}  // namespace coppice::cli
