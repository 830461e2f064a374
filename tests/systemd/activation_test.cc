// Sockets that were opened by whoever started the daemon.
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::support {
namespace {

class Activation : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
  }

  void TearDown() override {
    if (pid_ < 0) return;
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    EXPECT_EQ(status, 0) << said();
  }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  std::string said() const { return read_text(path("stderr")); }

  UniqueFd listen_at(const std::string& name, mode_t mode) const {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path(name).c_str(), sizeof address.sun_path - 1);
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path(name).c_str(), mode) != 0 || ::listen(socket.get(), 16) != 0)
      throw errno_error("listen", path(name), errno);
    return socket;
  }

  // As systemd does it: the sockets are descriptors 3 and up.
  void start_with(std::vector<UniqueFd> sockets, const std::vector<std::string>& more) {
    std::vector<std::string> words = {std::filesystem::absolute("daemon/coppiced"), "--keeper",
                                      std::filesystem::absolute("process/keeper/coppice-keeper"), "--state", path("state"),
                                      "--runtime", path("run")};
    words.insert(words.end(), more.begin(), more.end());
    const UniqueFd log(::open(path("stderr").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::dup2(log.get(), STDERR_FILENO);
    int next = 3;
    for (const UniqueFd& socket : sockets) {
      // Above all targets first.
      const int copy = ::fcntl(socket.get(), F_DUPFD, 100);
      ::dup2(copy, next++);
      ::close(copy);
    }
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(sockets.size()).c_str(), 1);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(126);
  }

  varlink::Client connect(const std::string& name) const {
    return varlink::Client::connect(varlink::parse_address(path(name)));
  }
  // Asks for what exists nowhere: the daemon alone can say so.
  std::string answer_at(const std::string& name) const {
    varlink::Client client = connect(name);
    return failure(client, "Wait", {{"job", {{"id", "none"}}}}).name;
  }
  bool answers(const std::string& name) const { return answer_at(name) == "NoSuchJob"; }
  mode_t mode_of(const std::string& name) const {
    struct stat status {};
    return ::stat(path(name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  pid_t supervisor() const {
    for (const pid_t child : children_of(pid_))
      if (std::filesystem::read_symlink("/proc/" + std::to_string(child) + "/exe").filename() == "coppiced") return child;
    return -1;
  }

  Folder folder_;
  pid_t pid_ = -1;
};

TEST_F(Activation, D1_several_sockets_are_served_as_they_are_and_outlive_the_supervisor) {
  std::vector<UniqueFd> sockets;
  sockets.push_back(listen_at("one", 0666));
  sockets.push_back(listen_at("two", 0600));
  start_with(std::move(sockets), {});
  EXPECT_TRUE(answers("one"));
  EXPECT_TRUE(answers("two"));
  EXPECT_EQ(mode_of("one"), 0666u);
  EXPECT_EQ(mode_of("two"), 0600u);
  // None of our own beside them.
  EXPECT_FALSE(exists(path("run/socket")));

  const pid_t before = supervisor();
  ASSERT_GT(before, 0);
  ASSERT_EQ(::kill(before, SIGKILL), 0);
  EXPECT_TRUE(answers("one"));
  EXPECT_TRUE(answers("two"));
  EXPECT_TRUE(eventually([&] { return supervisor() > 0 && supervisor() != before; }));

  ASSERT_EQ(::kill(pid_, SIGTERM), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(std::exchange(pid_, -1), &status, 0) > 0, true);
  EXPECT_EQ(status, 0) << said();
  // They are whoever's who made them.
  EXPECT_TRUE(exists(path("one")));
  EXPECT_TRUE(exists(path("two")));
}

TEST_F(Activation, a_socket_that_is_asked_for_is_opened_beside_and_survives_with_the_others) {
  std::vector<UniqueFd> sockets;
  sockets.push_back(listen_at("one", 0666));
  start_with(std::move(sockets), {"--socket", path("own")});
  EXPECT_TRUE(answers("one"));
  EXPECT_TRUE(eventually([&] { return exists(path("own")); }));
  EXPECT_TRUE(answers("own"));
  EXPECT_EQ(mode_of("own"), 0600u);
  const pid_t before = supervisor();
  ASSERT_GT(before, 0);
  ASSERT_EQ(::kill(before, SIGKILL), 0);
  EXPECT_TRUE(answers("one"));
  EXPECT_TRUE(answers("own"));
  ASSERT_EQ(::kill(pid_, SIGTERM), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(std::exchange(pid_, -1), &status, 0) > 0, true);
  EXPECT_TRUE(exists(path("one")));
  EXPECT_FALSE(exists(path("own")));
}

TEST_F(Activation, S3_no_job_gets_one_of_the_sockets) {
  std::vector<UniqueFd> sockets;
  sockets.push_back(listen_at("one", 0666));
  start_with(std::move(sockets), {});
  varlink::Client client = connect("one");
  const json job = start(client, shell("ls -l /proc/self/fd"));
  EXPECT_EQ(wait(client, job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client, job).find("socket:"), std::string::npos) << log_of(client, job);
}

}  // namespace
}  // namespace coppice::support
