#include "daemon/listeners.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
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

}  // namespace

void Listeners::open(const std::vector<std::string>& addresses, const std::string& runtime) {
  if (open_activated()) return;
  make_place(addresses, runtime);
  for (const auto& text : addresses) {
    const varlink::Address address = varlink::parse_address(text);
    varlink::Listening listening = varlink::listen_unix(address, address.mode.value_or(kPrivate));
    // An abstract address has none.
    if (listening.file.lock() >= 0) keeper_.hold(kDaemonBox, held::kSocketLock + count(), listening.file.lock());
    files_.push_back(std::move(listening.file));
    listen(std::move(listening.socket));
  }
}

bool Listeners::open_activated() {
  bool any = false;
  for (auto& activated : varlink::activated_sockets()) {
    if (activated.listening) {
      listen(std::move(activated.socket));
    } else {
      server_.serve(std::move(activated.socket));
    }
    any = true;
  }
  return any;
}

void Listeners::listen(UniqueFd socket) {
  keeper_.hold(kDaemonBox, held::kListener + count(), socket.get());
  serve(std::move(socket));
}

void Listeners::serve(UniqueFd socket) {
  sockets_.emplace_back(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  server_.listen(std::move(socket));
}

bool Listeners::take_over(const std::vector<std::string>& addresses, HeldDescriptors& held) {
  while (UniqueFd socket = take(held, held::kListener + count())) {
    if (UniqueFd lock = take(held, held::kSocketLock + count())) {
      files_.emplace_back(varlink::parse_address(addresses.at(count())).name, std::move(lock));
      files_.back().created();
    } else {
      files_.emplace_back();
    }
    // So that clients learn from SO_PEERCRED who serves them now (unix(7)).
    static_cast<void>(::listen(socket.get(), SOMAXCONN));
    serve(std::move(socket));
  }
  return count() > 0;
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
