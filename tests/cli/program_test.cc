// The program without a daemon: the sentences it says then.
#include "cli/program.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

namespace coppice::cli {
namespace {

// Runs a command line and keeps what it wrote to standard error.
struct Ran {
  explicit Ran(const std::vector<std::string>& words) {
    testing::internal::CaptureStderr();
    code = run_program(words);
    error = testing::internal::GetCapturedStderr();
  }
  int code = 0;
  std::string error;
};

class NoDaemon : public testing::Test {
 protected:
  void SetUp() override {
    // The path of a socket has 107 bytes at most; the test runner's directory may be longer.
    std::string pattern = "/tmp/coppice-cli-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    socket_ = folder_ + "/socket";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string socket_;
};

TEST_F(NoDaemon, is_told_with_the_socket_and_the_remedy) {
  const Ran run({"ps", "--socket", socket_});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.error.find("no daemon answers at " + socket_), std::string::npos) << run.error;
  EXPECT_NE(run.error.find("coppice run starts one"), std::string::npos) << run.error;
}

TEST_F(NoDaemon, json_makes_an_object_of_the_failure) {
  const Ran run({"ps", "--json", "--socket", socket_});
  EXPECT_EQ(run.error.rfind("{\"error\":\"\",\"message\":\"no daemon answers", 0), 0u) << run.error;
}

TEST_F(NoDaemon, an_address_that_is_none_is_refused) {
  const Ran run({"ps", "--socket", "tcp:localhost"});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.error.find("--socket"), std::string::npos) << run.error;
}

TEST_F(NoDaemon, wrong_words_end_with_2) {
  EXPECT_EQ(Ran({"fly"}).code, 2);
  EXPECT_EQ(Ran({"run", "--nice", "x", "true"}).code, 2);
}

TEST_F(NoDaemon, a_private_one_that_is_missing_is_told) {
  ASSERT_EQ(::setenv("COPPICE_DAEMON", (folder_ + "/none").c_str(), 1), 0);
  const Ran run({"run", "--socket", socket_, "--", "true"});
  ::unsetenv("COPPICE_DAEMON");
  EXPECT_EQ(run.code, 125);
  EXPECT_NE(run.error.find("COPPICE_DAEMON"), std::string::npos) << run.error;
}

TEST_F(NoDaemon, D4_a_private_one_that_refuses_is_quoted) {
  const std::string daemon = folder_ + "/coppiced";
  FILE* script = std::fopen(daemon.c_str(), "we");
  ASSERT_NE(script, nullptr);
  std::fputs("#!/bin/sh\necho 'coppiced: no room for \"me\"' >&2\nexit 1\n", script);
  std::fclose(script);
  ASSERT_EQ(::chmod(daemon.c_str(), 0755), 0);
  ASSERT_EQ(::setenv("COPPICE_DAEMON", daemon.c_str(), 1), 0);
  const Ran run({"run", "--socket", socket_, "--", "true"});
  ::unsetenv("COPPICE_DAEMON");
  EXPECT_EQ(run.code, 125);
  EXPECT_NE(run.error.find("coppiced: no room for \"me\""), std::string::npos) << run.error;
  EXPECT_NE(run.error.find("private-daemon.log"), std::string::npos) << run.error;
}

}  // namespace
}  // namespace coppice::cli
