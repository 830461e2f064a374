// A server of org.example.test on a thread of its own, behind a socket in a directory of its own.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <thread>

#include "ipc/varlink/client.h"
#include "ipc/varlink/server.h"
#include "tests/varlink/events.h"

namespace coppice::varlink {

// A new directory below TMPDIR, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class TestServer {
 public:
  explicit TestServer(Bounds bounds = Bounds());
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  Client connect() const { return Client::connect(address_); }
  UniqueFd connect_raw() const { return connect_unix(address_); }
  const Address& address() const { return address_; }
  // Runs `action` on the server's thread and waits for it.
  void on_loop(const std::function<void()>& action);

  // "cancelled", "closed NAME", "incident WHAT", "connections N", "holding NAME", "hanging", "echo TEXT"
  Events events;
  Service service;

 private:
  void add_handlers();

  TemporaryDirectory directory_;
  Address address_;
  asio::io_context context_;
  asio::steady_timer release_;  // cancelled by Release
  SocketFile file_;
  std::unique_ptr<Server> server_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;

 public:
  Server& server() { return *server_; }
  asio::io_context& context() { return context_; }
  // What the method Release does; on the loop.
  void release() { release_.cancel(); }
};

// The interface description, from the test's data.
std::string read_test_file(const std::string& name);

// Descriptors that this process has open.
std::size_t open_descriptors();

void send_text(int socket, std::string_view bytes);
// A message with its NUL, by hand; returns false when the peer has closed.
bool send_message(int socket, std::string_view text);
// All that comes until the other end closes, or until `messages` NULs have come.
std::string read_messages(int socket, std::size_t messages);
// Waits for the other end to close; true when nothing came before.
bool ends_silently(int socket);

}  // namespace coppice::varlink
