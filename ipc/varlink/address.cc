#include "ipc/varlink/address.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/errno_text.h"
#include "ipc/varlink/socket_address.h"

namespace coppice::varlink {
namespace {

constexpr std::size_t kMaxName = sizeof(sockaddr_un::sun_path) - 1;

std::invalid_argument bad(std::string_view text, const std::string& why) {
  return std::invalid_argument("address \"" + std::string(text) + "\": " + why);
}

// In ";mode=0666;other=x".
std::optional<mode_t> read_mode(std::string_view text, std::string_view attributes) {
  constexpr std::string_view kMode = ";mode=";
  const std::size_t found = attributes.find(kMode);
  if (found == std::string_view::npos) return std::nullopt;
  std::string_view digits = attributes.substr(found + kMode.size());
  digits = digits.substr(0, digits.find(';'));
  mode_t mode = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  if (error != std::errc() || end != digits.data() + digits.size() || mode > 0777)
    throw bad(text, "expected an octal mode such as ;mode=0666");
  return mode;
}

}  // namespace

Address parse_address(std::string_view text) {
  constexpr std::string_view kScheme = "unix:";
  std::string_view rest = text;
  if (rest.substr(0, kScheme.size()) == kScheme) rest.remove_prefix(kScheme.size());
  else if (rest.substr(0, 1) != "/") throw bad(text, "expected unix:/path, unix:@name or /path");
  Address address;
  const std::size_t end = rest.find(';');
  if (end != std::string_view::npos) address.mode = read_mode(text, rest.substr(end));
  rest = rest.substr(0, end);
  address.abstract = rest.substr(0, 1) == "@";
  if (address.abstract) rest.remove_prefix(1);
  if (rest.empty()) throw bad(text, "no name");
  if (!address.abstract && rest.front() != '/') throw bad(text, "the path is not absolute");
  if (rest.find('\0') != std::string_view::npos) throw bad(text, "a NUL in the name");
  if (rest.size() > kMaxName) throw bad(text, "longer than " + std::to_string(kMaxName) + " bytes");
  address.name = std::string(rest);
  return address;
}

std::string to_string(const Address& address) {
  return (address.abstract ? "unix:@" : "unix:") + address.name;
}

socklen_t socket_address(const Address& address, sockaddr_un& result) {
  if (address.name.empty() || address.name.size() > kMaxName)
    throw bad(address.name, "empty, or longer than " + std::to_string(kMaxName) + " bytes");
  result = {};
  result.sun_family = AF_UNIX;
  // An abstract name begins with a NUL and ends where the length says; a path ends with a NUL.
  std::memcpy(result.sun_path + address.abstract, address.name.data(), address.name.size());
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.name.size() + 1);
}

UniqueFd connect_unix(const Address& address) {
  sockaddr_un name;
  const socklen_t size = socket_address(address, name);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw errno_error("socket", to_string(address), errno);
  // A connect that a signal interrupts has not begun for this family, so it may be made again.
  while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0)
    if (errno != EINTR) throw errno_error("connect", to_string(address), errno);
  return socket;
}

}  // namespace coppice::varlink
