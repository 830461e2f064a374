// sd_listen_fds(3) and sd_varlink_server_listen_auto(3), as they are documented.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "base/errno_text.h"
#include "ipc/varlink/address.h"

namespace coppice::varlink {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr int kMost = 4096;

std::optional<std::string> take_variable(const char* name) {
  const char* value = ::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string copy(value);
  ::unsetenv(name);
  return copy;
}

long parse_number(const char* variable, const std::string& text) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    throw std::runtime_error(std::string(variable) + "=\"" + text + "\" is not a number");
  return number;
}

// The name before the first colon, which is taken off.
std::string next_name(std::string& names) {
  const std::size_t colon = names.find(':');
  std::string name = names.substr(0, colon);
  names.erase(0, colon == std::string::npos ? colon : colon + 1);
  return name;
}

Activated adopt(int fd, std::string name) {
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    throw errno_error("fcntl F_SETFD", "descriptor " + std::to_string(fd) + " of LISTEN_FDS", errno);
  Activated result;
  result.socket = UniqueFd(fd);
  result.name = std::move(name);
  int listening = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0)
    throw errno_error("getsockopt SO_ACCEPTCONN", "descriptor " + std::to_string(fd) + " of LISTEN_FDS", errno);
  result.listening = listening != 0;
  return result;
}

}  // namespace

std::vector<Activated> activated_sockets() {
  const auto pid = take_variable("LISTEN_PID");
  const auto count = take_variable("LISTEN_FDS");
  std::string names = take_variable("LISTEN_FDNAMES").value_or("");
  std::vector<Activated> sockets;
  if (!pid || !count || parse_number("LISTEN_PID", *pid) != ::getpid()) return sockets;
  const long number = parse_number("LISTEN_FDS", *count);
  if (number > kMost) throw std::runtime_error("LISTEN_FDS=\"" + *count + "\" is above " + std::to_string(kMost));
  for (int i = 0; i < number; ++i) sockets.push_back(adopt(kFirst + i, next_name(names)));
  return sockets;
}

std::optional<std::string> requested_listen_address() { return take_variable("SYSTEMD_VARLINK_LISTEN"); }

}  // namespace coppice::varlink
