#include "tests/varlink/test_server.h"

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/errno_text.h"

namespace coppice::varlink {
namespace {

constexpr int kDeadline = 60'000;  // milliseconds

Address socket_in(const std::string& directory) {
  Address address;
  address.name = directory + "/socket";
  return address;
}

bool wait_readable(int socket) {
  pollfd state = {};
  state.fd = socket;
  state.events = POLLIN;
  return ::poll(&state, 1, kDeadline) > 0;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  const char* base = std::getenv("TEST_TMPDIR");
  // A socket's path has 107 bytes at most, and a test runner's directory may take them all.
  path_ = (base != nullptr && std::string_view(base).size() < 60 ? base : "/tmp");
  path_ += "/varlink-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) throw errno_error("mkdtemp", path_, errno);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // a left directory fails no test
  std::filesystem::remove_all(path_, ignored);
}

TestServer::TestServer(Bounds bounds)
    : service("Example", "test", "1", "https://example.org"),
      address_(socket_in(directory_.path())),
      release_(context_),
      work_(context_.get_executor()) {
  release_.expires_at(asio::steady_timer::time_point::max());
  service.add_interface(read_test_file("org.example.test.varlink"));
  add_handlers();
  server_ = std::make_unique<Server>(context_, service, bounds);
  server_->on_connections([this](std::size_t count) { events.add("connections " + std::to_string(count)); });
  server_->on_incident([this](const Server::Incident& incident) { events.add("incident " + incident.what); });
  Listening listening = listen_unix(address_, 0600);
  file_ = std::move(listening.file);
  server_->listen(std::move(listening.socket));
  thread_ = std::thread([this] { context_.run(); });
}

TestServer::~TestServer() {
  on_loop([this] { server_.reset(); });
  work_.reset();
  thread_.join();
}

void TestServer::on_loop(const std::function<void()>& action) {
  std::promise<void> done;
  asio::post(context_, [&] {
    action();
    done.set_value();
  });
  done.get_future().wait();
}

std::string read_test_file(const std::string& name) {
  std::ifstream file("tests/varlink/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + name);
  return text.str();
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

void send_text(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw errno_error("send", "test connection", errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool send_message(int socket, std::string_view text) {
  try {
    std::string message(text);
    message.push_back('\0');
    send_text(socket, message);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

std::string read_messages(int socket, std::size_t messages) {
  std::string text;
  while (static_cast<std::size_t>(std::count(text.begin(), text.end(), '\0')) < messages) {
    char buffer[4096];
    if (!wait_readable(socket)) throw std::runtime_error("nothing came");
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

bool ends_silently(int socket) {
  if (!wait_readable(socket)) return false;
  char byte;
  const ssize_t got = ::recv(socket, &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

}  // namespace coppice::varlink
