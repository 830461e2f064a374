// What a daemon finds in its directories when it starts: the remains of one that was killed, another that lives.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cstring>
#include <filesystem>

#include "base/unique_fd.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

class State : public WithDaemon {
 protected:
  // As a second coppiced on the same state directory says it.
  std::string refusal() {
    const std::string log = daemon_->folder() + "/second";
    Process second({"--socket", daemon_->folder() + "/other", "--state", daemon_->folder() + "/state", "--runtime",
                    daemon_->folder() + "/run"},
                   log);
    EXPECT_FALSE(second.await_ready());
    const auto status = second.await_end();
    EXPECT_TRUE(status && WIFEXITED(*status) && WEXITSTATUS(*status) != 0);
    return read_text(log);
  }

  void expect_service() {
    varlink::Client fresh = daemon_->connect();
    EXPECT_EQ(wait(fresh, start(fresh, shell("exit 3")))["exits"][0]["code"], 3);
  }
};

TEST_F(State, D4_a_second_daemon_is_told_who_the_first_is_and_the_first_is_not_disturbed) {
  const json job = start(client(), shell("echo here; exec sleep 1000"));
  ASSERT_TRUE(eventually([&] { return log_of(client(), job) == "here\n"; }));
  const std::string said = refusal();
  const bool names_first = said.find("pid " + std::to_string(daemon_->keeper())) != std::string::npos ||
                           said.find("pid " + std::to_string(daemon_->supervisor())) != std::string::npos;
  EXPECT_TRUE(names_first) << said;
  EXPECT_NE(said.find("--state"), std::string::npos) << said;
  EXPECT_EQ(state_of(client(), job), "running");
  EXPECT_EQ(log_of(client(), job), "here\n");
  kill(client(), job);
  expect_service();
}

TEST_F(State, D4_a_socket_file_that_nobody_listens_on_any_more_is_replaced) {
  daemon_->kill_both();
  ASSERT_TRUE(exists(daemon_->socket()));
  daemon_->start_again();
  expect_service();
  // One that no daemon has made, too.
  daemon_->kill_both();
  std::filesystem::remove(daemon_->socket());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, daemon_->socket().c_str(), sizeof address.sun_path - 1);
  {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  daemon_->start_again();
  expect_service();
}

}  // namespace
}  // namespace coppice::support
