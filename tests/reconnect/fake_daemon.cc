#include "tests/reconnect/fake_daemon.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "base/errno_text.h"

namespace coppice::reconnect {
namespace {

constexpr std::string_view kInterface = "io.coppice.Jobs.";
constexpr int kDeadlineMilliseconds = 120 * 1000;

bool readable(int descriptor, int milliseconds) {
  pollfd polled = {descriptor, POLLIN, 0};
  return ::poll(&polled, 1, milliseconds) > 0;
}

}  // namespace

Peer::Peer(UniqueFd socket) : socket_(std::move(socket)), reader_(std::size_t{16} << 20, varlink::kMaxDescriptors) {}

bool Peer::wait() { return readable(socket_.get(), kDeadlineMilliseconds); }

Asked Peer::next() {
  for (;;) {
    const auto status = reader_.read(socket_.get());
    if (status == varlink::MessageReader::Status::end) throw std::runtime_error("the client has left");
    if (status == varlink::MessageReader::Status::message) break;
    if (!wait()) throw std::runtime_error("the client asks for nothing");
  }
  const json message = json::parse(reader_.text());
  Asked asked{message.at("method"), message.at("parameters"), message.value("more", false),
              std::move(reader_.descriptors())};
  if (asked.method.starts_with(kInterface)) asked.method.erase(0, kInterface.size());
  reader_.next();
  return asked;
}

void Peer::send(std::string_view bytes) {
  if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw errno_error("send", "a client", errno);
}

void Peer::reply(const json& parameters, bool continues) {
  json message = {{"parameters", parameters}};
  if (continues) message["continues"] = true;
  send(message.dump() + '\0');
}

void Peer::refuse(const std::string& error, const json& parameters) {
  const json message = {{"error", std::string(kInterface) + error}, {"parameters", parameters}};
  send(message.dump() + '\0');
}

bool Peer::left() {
  char byte;
  return wait() && ::recv(socket_.get(), &byte, 1, MSG_PEEK) <= 0;
}

FakeDaemon::FakeDaemon(std::string path) : path_(std::move(path)) { listen(); }

void FakeDaemon::listen() {
  socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // Aside, and renamed: a client never finds nothing there.
  const std::string aside = path_ + ".new";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, aside.c_str(), sizeof address.sun_path - 1);
  if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket_.get(), 16) != 0 || ::rename(aside.c_str(), path_.c_str()) != 0)
    throw errno_error("listen", path_, errno);
}

bool FakeDaemon::called() const { return readable(socket_.get(), 0); }

Peer FakeDaemon::accept() {
  if (!readable(socket_.get(), kDeadlineMilliseconds)) throw std::runtime_error("no client comes");
  UniqueFd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket) throw errno_error("accept4", path_, errno);
  return Peer(std::move(socket));
}

Peer FakeDaemon::accept_again() {
  Peer peer = accept();
  const std::string method = peer.next().method;
  if (method != "org.varlink.service.GetInfo") throw std::runtime_error("the client did not ask for GetInfo: " + method);
  peer.reply({{"vendor", ""}, {"product", ""}, {"version", ""}, {"url", ""}, {"interfaces", json::array()}});
  return peer;
}

void FakeDaemon::die() { socket_.reset(); }

void FakeDaemon::end() {
  static_cast<void>(::unlink(path_.c_str()));
  socket_.reset();
}

}  // namespace coppice::reconnect
