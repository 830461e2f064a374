#include "tests/systemd/manager.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/errno_text.h"

namespace coppice::support {

FakeManager::FakeManager(std::string path) : path_(std::move(path)) {
  socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  const bool abstract = path_.starts_with('@');
  if (abstract) address.sun_path[0] = '\0';
  const std::size_t size = abstract ? offsetof(sockaddr_un, sun_path) + path_.size() : sizeof address;
  const int on = 1;
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) throw errno_error("setsockopt", path_, errno);
  if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)) != 0)
    throw errno_error("bind", path_, errno);
}

FakeManager::~FakeManager() {
  if (!path_.starts_with('@')) ::unlink(path_.c_str());
}

std::string FakeManager::next() {
  pollfd event{socket_.get(), POLLIN, 0};
  if (::poll(&event, 1, 60'000) != 1) throw std::runtime_error("the service manager is told nothing");
  std::array<char, 4096> buffer;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control;
  iovec bytes{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket_.get(), &message, 0);
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (size < 0 || !header || header->cmsg_type != SCM_CREDENTIALS) throw errno_error("recvmsg", path_, errno);
  ucred sender{};
  std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
  sender_ = sender.pid;
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

std::string FakeManager::next_with(const std::string& words) {
  while (true)
    if (const std::string message = next(); message.find(words) != std::string::npos) return message;
}

}  // namespace coppice::support
