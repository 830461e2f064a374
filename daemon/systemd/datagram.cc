#include "daemon/systemd/datagram.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace coppice::daemon {
namespace {

// 0 or errno. The kernel checks the sender that is given (unix(7), SCM_CREDENTIALS).
int send_message(int socket, std::string_view text, pid_t as) {
  iovec bytes{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (as != 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof(ucred));
    const ucred sender{as, ::getuid(), ::getgid()};
    std::memcpy(CMSG_DATA(header), &sender, sizeof sender);
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

}  // namespace

Datagram::Datagram(std::string address) : address_(std::move(address)) { problem_ = connect(); }

int Datagram::connect() {
  socket_.reset();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (address_.empty() || address_.size() >= sizeof address.sun_path) return EINVAL;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  // An abstract name is as long as it is said to be; a path ends by itself.
  const bool abstract = address_.front() == '@';
  if (abstract) address.sun_path[0] = '\0';
  const std::size_t size = offsetof(sockaddr_un, sun_path) + address_.size() + (abstract ? 0 : 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return errno;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) != 0)
    return errno;
  socket_ = std::move(socket);
  return 0;
}

int Datagram::send(std::string_view message, pid_t as) const {
  if (!socket_) return problem_;
  const int error = send_message(socket_.get(), message, as);
  // Nor can one speak in the name of the dead.
  const bool refused = error == EPERM || error == ESRCH;
  return refused && as != 0 ? send_message(socket_.get(), message, 0) : error;
}

int Datagram::send_again(std::string_view message, pid_t as) {
  const int error = send(message, as);
  if (error == 0 || error == EAGAIN) return error;
  problem_ = connect();
  return send(message, as);
}

}  // namespace coppice::daemon
