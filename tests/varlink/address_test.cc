#include "ipc/varlink/address.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

Address at(const std::string& path) {
  Address address;
  address.name = path;
  return address;
}

TEST(Address, the_forms_of_a_unix_socket_are_read) {
  EXPECT_EQ(to_string(parse_address("unix:/run/x")), "unix:/run/x");
  EXPECT_EQ(to_string(parse_address("/run/x")), "unix:/run/x");
  EXPECT_EQ(to_string(parse_address("unix:/run/x;mode=0666")), "unix:/run/x");
  EXPECT_EQ(to_string(parse_address("unix:@name")), "unix:@name");
  EXPECT_TRUE(parse_address("unix:@name").abstract);
}

TEST(Address, anything_else_is_refused) {
  for (const std::string& text : {std::string("tcp:127.0.0.1:1"), std::string("run/x"), std::string("unix:run/x"),
                                  std::string("unix:"), std::string("unix:@"), std::string(""),
                                  "/" + std::string(107, 'x')})
    EXPECT_THROW(parse_address(text), std::invalid_argument) << text;
}

TEST(Address, D4_a_live_server_is_not_replaced_and_the_refusal_says_what_to_do) {
  TemporaryDirectory directory;
  const Address address = at(directory.path() + "/s");
  const Listening first = listen_unix(address, 0600);
  try {
    listen_unix(address, 0600);
    FAIL() << "two servers at one address";
  } catch (const AddressInUse& error) {
    EXPECT_NE(std::string(error.what()).find(address.name), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("stop it"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(connect_unix(address));
}

TEST(Address, D4_a_live_server_without_a_lock_is_not_replaced) {
  TemporaryDirectory directory;
  const Address address = at(directory.path() + "/s");
  const Listening first = listen_unix(address, 0600);
  std::filesystem::remove(address.name + ".lock");
  EXPECT_THROW(listen_unix(address, 0600), AddressInUse);
}

TEST(Address, D4_a_file_that_is_no_socket_is_not_removed) {
  TemporaryDirectory directory;
  const Address address = at(directory.path() + "/s");
  UniqueFd file(::open(address.name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_THROW(listen_unix(address, 0600), AddressInUse);
  EXPECT_TRUE(std::filesystem::exists(address.name));
}

TEST(Address, a_stale_socket_is_replaced) {
  TemporaryDirectory directory;
  const Address address = at(directory.path() + "/s");
  const std::string aside = directory.path() + "/aside";
  {
    const Listening first = listen_unix(address, 0600);
    std::filesystem::create_hard_link(address.name, aside);
  }
  std::filesystem::rename(aside, address.name);
  const Listening second = listen_unix(address, 0600);
  EXPECT_TRUE(connect_unix(address));
}

TEST(Address, the_mode_is_what_was_asked_for) {
  TemporaryDirectory directory;
  const Address address = at(directory.path() + "/s");
  const Listening listening = listen_unix(address, 0666);
  struct stat there = {};
  ASSERT_EQ(::stat(address.name.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777, 0666u);
}

TEST(Address, nothing_is_left_of_a_listener_that_is_gone) {
  TemporaryDirectory directory;
  {
    const Listening listening = listen_unix(at(directory.path() + "/s"), 0600);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Address, an_abstract_address_needs_no_file) {
  Address address;
  address.abstract = true;
  address.name = "coppice-test-" + std::to_string(::getpid());
  const Listening listening = listen_unix(address, 0600);
  EXPECT_TRUE(connect_unix(address));
  EXPECT_THROW(listen_unix(address, 0600), AddressInUse);
}

TEST(Address, a_failed_connect_names_the_address) {
  try {
    connect_unix(at("/nowhere/at/all"));
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("unix:/nowhere/at/all"), std::string::npos) << error.what();
  }
}

TEST(Activation, variables_for_another_process_are_ignored_and_removed) {
  ::setenv("LISTEN_PID", "1", 1);
  ::setenv("LISTEN_FDS", "1", 1);
  EXPECT_TRUE(activated_sockets().empty());
  EXPECT_EQ(::getenv("LISTEN_FDS"), nullptr);
}

TEST(Activation, nonsense_is_refused) {
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", "many", 1);
  EXPECT_THROW(activated_sockets(), std::runtime_error);
}

// In a child, for descriptor 3 belongs to somebody else here.
TEST(Activation, sockets_handed_down_are_taken_with_their_names) {
  const auto child = [] {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::_Exit(1);
    if (::dup2(ends[0], 3) != 3) std::_Exit(2);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_FDNAMES", "varlink", 1);
    const std::vector<Activated> sockets = activated_sockets();
    const bool good = sockets.size() == 1 && sockets[0].socket.get() == 3 && sockets[0].name == "varlink" &&
                      !sockets[0].listening && ::fcntl(3, F_GETFD) == FD_CLOEXEC;
    std::_Exit(good ? 0 : 3);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

TEST(Activation, the_requested_address_is_taken_once) {
  ::setenv("SYSTEMD_VARLINK_LISTEN", "-", 1);
  EXPECT_EQ(requested_listen_address(), "-");
  EXPECT_EQ(requested_listen_address(), std::nullopt);
}

}  // namespace
}  // namespace coppice::varlink
