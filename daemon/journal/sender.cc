#include "daemon/journal/sender.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/memory_file.h"

namespace coppice::daemon {
namespace {

// 0 or errno. connect(2) of a datagram socket only remembers whom to send to.
int open_socket(const std::string& path, UniqueFd& into) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return errno;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return errno;
  into = std::move(socket);
  return 0;
}

int send_message(int socket, const msghdr& message) {
  ssize_t sent;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

int send_datagram(int socket, std::string_view entry) {
  iovec bytes{const_cast<char*>(entry.data()), entry.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  return send_message(socket, message);
}

int send_file(int socket, std::string_view entry) {
  UniqueFd file;
  try {
    file = sealed_memory_file("coppice-journal", entry);
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int descriptor = file.get();
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return send_message(socket, message);
}

bool is_too_big(int error) { return error == EMSGSIZE || error == ENOBUFS; }

}  // namespace

int JournalSender::probe(const std::string& path) {
  UniqueFd socket;
  return open_socket(path, socket);
}

int JournalSender::send(std::string_view entry) {
  int error = try_send(entry);
  // Whoever listened has gone; perhaps somebody else listens at the same place.
  if (error != 0 && error != EAGAIN && socket_) {
    socket_.reset();
    error = try_send(entry);
  }
  if (error == EAGAIN && !stalled_) error = await_room(entry);
  stalled_ = error != 0;
  return error;
}

int JournalSender::try_send(std::string_view entry) {
  if (!socket_)
    if (const int error = open_socket(path_, socket_)) return error;
  const int error = send_datagram(socket_.get(), entry);
  return is_too_big(error) ? send_file(socket_.get(), entry) : error;
}

int JournalSender::await_room(std::string_view entry) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return EAGAIN;
    pollfd room{socket_.get(), POLLOUT, 0};
    // Nothing came (0) or a signal did: the clock decides.
    if (::poll(&room, 1, static_cast<int>(left.count())) <= 0) continue;
    const int error = try_send(entry);
    if (error != EAGAIN) return error;
  }
}

}  // namespace coppice::daemon
