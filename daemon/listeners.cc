#include "daemon/listeners.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/errno_text.h"
#include "config/places.h"

namespace coppice::daemon {
namespace {

constexpr mode_t kPrivate = 0600;
constexpr mode_t kEnterable = 0755;

bool lets_others_in(const std::string& address) {
  return (varlink::parse_address(address).mode.value_or(kPrivate) & ~kPrivate) != 0;
}

// Whom a socket lets in must be able to get to it.
void make_place(const std::vector<std::string>& addresses, const std::string& runtime) {
  config::make_private_directory(runtime);
  if (std::any_of(addresses.begin(), addresses.end(), lets_others_in) && ::chmod(runtime.c_str(), kEnterable) != 0)
    throw errno_error("chmod", runtime, errno);
}

// Where it was bound; an empty name for what has no address of its own.
varlink::Address bound_to(int socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  varlink::Address bound;
  constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sun_family != AF_UNIX ||
      size <= kNameAt)
    return bound;
  std::string_view name(address.sun_path, std::min(size - kNameAt, sizeof address.sun_path));
  bound.abstract = name.front() == '\0';
  if (bound.abstract) name.remove_prefix(1);
  bound.name = bound.abstract ? name : name.substr(0, name.find('\0'));
  return bound;
}

// So that clients learn from SO_PEERCRED who serves them now (unix(7)).
void tell_who_serves(const UniqueFd& socket) { static_cast<void>(::listen(socket.get(), SOMAXCONN)); }

}  // namespace

bool Listeners::open_activated() {
  bool any = false;
  for (auto& activated : varlink::activated_sockets()) {
    // A keeper that was there before may have had it already.
    if (const auto address = bound_to(activated.socket.get()); activated.listening && serves(address)) {
      activated.socket.reset();
    } else if (activated.listening) {
      files_.emplace_back();
      tell_who_serves(activated.socket);
      listen(std::move(activated.socket));
    } else {
      server_.serve(std::move(activated.socket));
    }
    any = true;
  }
  return any;
}

void Listeners::open(const std::vector<std::string>& addresses, const std::string& runtime) {
  if (addresses.empty()) return;
  make_place(addresses, runtime);
  for (const auto& text : addresses) {
    const varlink::Address address = varlink::parse_address(text);
    if (serves(address)) continue;
    varlink::Listening listening = varlink::listen_unix(address, address.mode.value_or(kPrivate));
    // An abstract address has none.
    if (listening.file.lock() >= 0) keeper_.hold(kDaemonBox, held::kSocketLock + count(), listening.file.lock());
    files_.push_back(std::move(listening.file));
    listen(std::move(listening.socket));
  }
}

void Listeners::listen(UniqueFd socket) {
  keeper_.hold(kDaemonBox, held::kListener + count(), socket.get());
  serve(std::move(socket));
}

void Listeners::serve(UniqueFd socket) {
  sockets_.emplace_back(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  server_.listen(std::move(socket));
}

bool Listeners::take_over(HeldDescriptors& held) {
  while (UniqueFd socket = take(held, held::kListener + count())) {
    if (UniqueFd lock = take(held, held::kSocketLock + count())) {
      files_.emplace_back(bound_to(socket.get()).name, std::move(lock));
      files_.back().created();
    } else {
      files_.emplace_back();
    }
    tell_who_serves(socket);
    serve(std::move(socket));
  }
  return count() > 0;
}

bool Listeners::serves(const varlink::Address& address) const {
  return std::ranges::any_of(sockets_, [&address](const UniqueFd& socket) {
    const varlink::Address own = bound_to(socket.get());
    return own.name == address.name && own.abstract == address.abstract;
  });
}

std::string Listeners::places() const {
  std::string all;
  for (const UniqueFd& socket : sockets_) {
    const varlink::Address address = bound_to(socket.get());
    all += (all.empty() ? "" : ", ") + (address.abstract ? varlink::to_string(address) : address.name);
  }
  return all.empty() ? "the connection that was passed" : all;
}

void Listeners::bequeath(Bequest& bequest) const {
  for (process::Tag i = 0; i < count(); ++i) bequest.add(kDaemonBox, held::kListener + i, sockets_[i].get());
  for (std::size_t i = 0; i < files_.size(); ++i)
    bequest.add(kDaemonBox, held::kSocketLock + static_cast<process::Tag>(i), files_[i].lock());
}

void Listeners::close() {
  server_.close_listeners();
  for (process::Tag i = 0; i < count(); ++i) keeper_.drop(kDaemonBox, held::kListener + i);
  sockets_.clear();
  files_.clear();
}

}  // namespace coppice::daemon
