#include "process/rescue_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/errno_text.h"

namespace coppice::process {
namespace {

// asm-generic/socket.h, Linux 6.5.
constexpr int kPeerPidfd = 77;
constexpr int kBacklog = 4;

// An address for a path of any length: a long one is reached through a descriptor of its directory, which must stay
// open until the address has been used.
struct Address {
  sockaddr_un value{};
  UniqueFd directory;
};

Address address_of(const std::string& path) {
  Address address;
  std::string name = path;
  if (name.size() >= sizeof address.value.sun_path) {
    const std::filesystem::path whole(path);
    address.directory = UniqueFd(::open(whole.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.directory) throw errno_error("open", whole.parent_path().string(), errno);
    name = "/proc/self/fd/" + std::to_string(address.directory.get()) + "/" + whole.filename().string();
    if (name.size() >= sizeof address.value.sun_path) throw errno_error("use", path, ENAMETOOLONG);
  }
  address.value.sun_family = AF_UNIX;
  std::memcpy(address.value.sun_path, name.c_str(), name.size() + 1);
  return address;
}

UniqueFd make_socket(int flags) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
  if (!socket) throw errno_error("socket", "", errno);
  return socket;
}

const sockaddr* pointer(const Address& address) { return reinterpret_cast<const sockaddr*>(&address.value); }

UniqueFd pidfd_of_peer(int socket, pid_t pid) {
  int pidfd = -1;
  socklen_t size = sizeof pidfd;
  if (::getsockopt(socket, SOL_SOCKET, kPeerPidfd, &pidfd, &size) == 0) return UniqueFd(pidfd);
  // It holds the connection: if the number were somebody else's by now, its hang-up would still tell its end.
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

UniqueFd connect_resting_keeper(const std::string& path) {
  const Address address = address_of(path);
  UniqueFd socket = make_socket(0);
  if (::connect(socket.get(), pointer(address), sizeof address.value) != 0)
    throw errno_error("connect to the resting keeper at", path, errno);
  return socket;
}

UniqueFd listen_for_rescue(const std::string& path) {
  const Address address = address_of(path);
  UniqueFd socket = make_socket(SOCK_NONBLOCK);
  // The file takes the mode of the socket (unix(7) does not say so; unix_bind_bsd does).
  if (::fchmod(socket.get(), 0600) != 0) throw errno_error("fchmod", path, errno);
  if (::unlink(address.value.sun_path) != 0 && errno != ENOENT) throw errno_error("remove", path, errno);
  if (::bind(socket.get(), pointer(address), sizeof address.value) != 0) throw errno_error("bind", path, errno);
  if (::listen(socket.get(), kBacklog) != 0) throw errno_error("listen", path, errno);
  return socket;
}

void stop_listening(const std::string& path) {
  // Long paths too: this takes any.
  static_cast<void>(::unlink(path.c_str()));
}

std::optional<Rescuer> accept_rescuer(int listener) {
  UniqueFd socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket) return std::nullopt;
  Rescuer rescuer;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return rescuer;
  if (peer.uid != 0 && peer.uid != ::geteuid()) return rescuer;
  rescuer.pidfd = pidfd_of_peer(socket.get(), peer.pid);
  if (rescuer.pidfd) rescuer.socket = std::move(socket);
  return rescuer;
}

}  // namespace coppice::process
