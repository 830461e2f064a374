#include "bench/wire.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/errno_text.h"

namespace coppice::bench {
namespace {

constexpr std::size_t kRead = 256 << 10;

UniqueFd connected(const std::string& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw errno_error("socket", path, errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw errno_error("connect", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw errno_error("connect", path, errno);
  return socket;
}

}  // namespace

Wire::Wire(const std::string& socket_path) : socket_(connected(socket_path)) {}

void Wire::send(std::string_view call) {
  while (!call.empty()) {
    const ssize_t sent = ::send(socket_.get(), call.data(), call.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw errno_error("send", "", errno);
    call.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Wire::has_message() const { return buffer_.find('\0', begin_) != std::string::npos; }

bool Wire::read_some() {
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = searched_ = 0;
  }
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kRead);
  const ssize_t size = ::recv(socket_.get(), buffer_.data() + before, kRead, 0);
  const int error = errno;
  buffer_.resize(before + static_cast<std::size_t>(size > 0 ? size : 0));
  if (size < 0 && error != EINTR) throw errno_error("recv", "", error);
  if (size == 0) throw std::runtime_error("the daemon has closed a connection");
  return buffer_.find('\0', before) != std::string::npos;
}

std::string_view Wire::receive() {
  for (;;) {
    const std::size_t end = buffer_.find('\0', std::max(begin_, searched_));
    if (end != std::string::npos) {
      const std::string_view message = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = searched_ = end + 1;
      return message;
    }
    searched_ = buffer_.size();
    // What is left of the last read moves to the front.
    if (begin_ > 0) {
      buffer_.erase(0, begin_);
      searched_ -= begin_;
      begin_ = 0;
    }
    read_some();
  }
}

}  // namespace coppice::bench
