#include "tests/crash/proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <system_error>

#include "base/errno_text.h"
#include "ipc/varlink/address.h"

namespace coppice::crash {
namespace {

UniqueFd listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    throw errno_error("listen", path, errno);
  return socket;
}

// False at the end of either.
bool pass_on(int from, int to) {
  std::array<char, 65536> piece;
  const ssize_t size = ::recv(from, piece.data(), piece.size(), 0);
  if (size <= 0) return false;
  for (ssize_t at = 0; at < size;) {
    const ssize_t taken = ::send(to, piece.data() + at, static_cast<std::size_t>(size - at), MSG_NOSIGNAL);
    if (taken <= 0) return false;
    at += taken;
  }
  return true;
}

void pump(int one, int other) {
  pollfd ends[2] = {{one, POLLIN, 0}, {other, POLLIN, 0}};
  while (::poll(ends, 2, -1) > 0 || errno == EINTR) {
    if (ends[0].revents != 0 && !pass_on(one, other)) return;
    if (ends[1].revents != 0 && !pass_on(other, one)) return;
  }
}

void cut_both(const std::pair<int, int>& ends) {
  ::shutdown(ends.first, SHUT_RDWR);
  ::shutdown(ends.second, SHUT_RDWR);
}

}  // namespace

Proxy::Proxy(const std::string& path, std::string target)
    : target_(std::move(target)), listener_(listen_at(path)), acceptor_([this] { accept_all(); }) {}

Proxy::~Proxy() {
  over_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard hold(lock_);
    for (const auto& [number, ends] : connections_) cut_both(ends);
  }
  for (auto& thread : threads_) thread.join();
}

bool Proxy::cut(std::uint64_t choice) {
  const std::lock_guard hold(lock_);
  if (connections_.empty()) return false;
  cut_both(std::next(connections_.begin(), static_cast<std::ptrdiff_t>(choice % connections_.size()))->second);
  return true;
}

void Proxy::accept_all() {
  for (int number = 0; !over_; ++number) {
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client) threads_.emplace_back([this, number, fd = client.release()] { serve(number, UniqueFd(fd)); });
  }
}

void Proxy::serve(int number, UniqueFd client) {
  UniqueFd daemon;
  try {
    daemon = varlink::connect_unix(varlink::parse_address(target_));
  } catch (const std::system_error&) {
    // The client learns it from the end of its connection.
    return;
  }
  {
    const std::lock_guard hold(lock_);
    if (over_) return;
    connections_[number] = {client.get(), daemon.get()};
  }
  pump(client.get(), daemon.get());
  const std::lock_guard hold(lock_);
  connections_.erase(number);
}

}  // namespace coppice::crash
