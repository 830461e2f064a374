#include "bench/floor/receipts.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace coppice::bench {
namespace {

struct Packet {
  Packet() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;

  char text[64] = {};
  iovec part{text, sizeof text};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
};

void send_descriptor(int socket, int descriptor) {
  Packet packet;
  cmsghdr* header = CMSG_FIRSTHDR(&packet.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  // A receiver that has failed tells.
  static_cast<void>(::sendmsg(socket, &packet.message, MSG_NOSIGNAL));
}

UniqueFd receive_descriptor(int socket) {
  Packet packet;
  if (::recvmsg(socket, &packet.message, MSG_CMSG_CLOEXEC) <= 0) throw errno_error("recvmsg", "", errno);
  const cmsghdr* header = CMSG_FIRSTHDR(&packet.message);
  if (!header) throw errno_error("recvmsg", "descriptor", ENOMSG);
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return UniqueFd(descriptor);
}

}  // namespace

Micros receive_descriptors(int count) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw errno_error("socketpair", "", errno);
  const UniqueFd to(ends[0]);
  UniqueFd from(ends[1]);
  const UniqueFd passed(::eventfd(0, EFD_CLOEXEC));
  std::vector<UniqueFd> received;
  received.reserve(static_cast<std::size_t>(count));
  const auto before = Clock::now();
  std::thread sender([&] {
    for (int i = 0; i < count; ++i) send_descriptor(to.get(), passed.get());
  });
  try {
    for (int i = 0; i < count; ++i) received.push_back(receive_descriptor(from.get()));
  } catch (...) {
    from.reset();
    sender.join();
    throw;
  }
  const Micros time = Clock::now() - before;
  sender.join();
  return time;
}

}  // namespace coppice::bench
