#include "process/packet_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/errno_text.h"
#include "process/keeper_protocol.h"

namespace coppice::process {
namespace {

// Room for the descriptors of one packet, aligned as the kernel wants it.
union Control {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * kMaxPacketDescriptors)];
};

void attach(msghdr& message, Control& control, std::span<const int> descriptors) {
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(&control.header), descriptors.data(), descriptors.size_bytes());
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
}

void collect(msghdr& message, std::vector<UniqueFd>& descriptors) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    descriptors.reserve(descriptors.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      descriptors.emplace_back(fd);
    }
  }
}

int flag(Blocking blocking) { return blocking == Blocking::no ? MSG_DONTWAIT : 0; }

}  // namespace

int send_packet(int socket, std::span<const std::byte> packet, std::span<const int> descriptors,
                Blocking blocking) {
  if (descriptors.size() > kMaxPacketDescriptors) return EINVAL;
  iovec part{const_cast<std::byte*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Control control{};
  if (!descriptors.empty()) attach(message, control, descriptors);
  while (::sendmsg(socket, &message, MSG_NOSIGNAL | flag(blocking)) < 0)
    if (errno != EINTR) return errno;
  return 0;
}

Received receive_packet(int socket, std::span<std::byte> buffer,
                        std::vector<UniqueFd>& descriptors, Blocking blocking) {
  descriptors.clear();
  iovec part{buffer.data(), buffer.size()};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t got = -1;
  do {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flag(blocking));
  } while (got < 0 && errno == EINTR);

  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {Receive::would_block, 0, 0};
  if (got < 0 && errno == ECONNRESET) return {Receive::closed, 0, 0};
  if (got < 0) return {Receive::failed, errno, 0};
  collect(message, descriptors);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    descriptors.clear();
    const bool whole = (message.msg_flags & MSG_TRUNC) == 0;
    return {Receive::truncated, 0, whole ? static_cast<std::size_t>(got) : 0};
  }
  // Nobody sends empty packets: nothing read is the end.
  if (got == 0) return {Receive::closed, 0, 0};
  return {Receive::packet, 0, static_cast<std::size_t>(got)};
}

std::pair<UniqueFd, UniqueFd> packet_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw errno_error("socketpair", "", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace coppice::process
