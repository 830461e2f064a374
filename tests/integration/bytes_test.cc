// Requests whose strings are any bytes: bytesFd, with a real daemon and real jobs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory_file.h"
#include "base/unique_fd.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"

namespace coppice::support {
namespace {

using namespace std::string_literals;

class Bytes : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    daemon_.emplace();
    client_.emplace(daemon_->connect());
  }

  varlink::Client& client() { return *client_; }
  std::string folder() const { return daemon_->folder(); }

  json start_bytes(const std::string& bytes, const json& spec = beside()) {
    const UniqueFd file = sealed_memory_file("test", bytes);
    return start(client(), spec, {file.get()});
  }

  Failure fail_with(int file, json spec = beside()) {
    return failure(client(), "Start", {{"spec", std::move(spec)}}, {file});
  }

  static json beside() { return {{"commands", {{{"argv", json::array()}}}}, {"bytesFd", 0}}; }

  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
};

TEST_F(Bytes, arguments_variables_and_directories_arrive_byte_for_byte) {
  const std::string directory = folder() + "/d\xff";
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  const json job = start_bytes("c/bin/sh\0a-c\0aprintf '%s|%s|%s|' \"$0\" \"$1\" \"$V\"; pwd\0aa\xfe\nb\0a\0eV=\xfd\\x41\0w"s + directory + "\0"s);
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job), "a\xfe\nb||\xfd\\x41|" + directory + "\n");
}

TEST_F(Bytes, S6_program_and_its_base_directory_may_be_any_bytes) {
  const std::string directory = folder() + "/b\xff";
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  ASSERT_EQ(::symlink("/bin/sh", (directory + "/p\xfe").c_str()), 0);
  const json job = start_bytes("c./p\xfe\0n-x\xfd\0a-c\0aprintf %s \"$0\"\0b"s + directory + "\0"s);
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job), "-x\xfd");
}

TEST_F(Bytes, replies_tell_them_escaped) {
  const json job = start_bytes("csleep\0a1000\0n\\x\xff\0"s);
  EXPECT_EQ(job["commands"][0]["argv0"], "\\\\x\\xff");
  EXPECT_EQ(job["commands"][0]["argv"], (json{"sleep", "1000"}));
  const json listed = call(client(), "List", {{"job", ref(job)}})["job"];
  EXPECT_EQ(listed["commands"], job["commands"]);
  kill(client(), job);
}

TEST_F(Bytes, S5_a_failed_start_tells_its_path_escaped) {
  const UniqueFd file = sealed_memory_file("test", "c/no/\xff\0"s);
  const Failure failed = fail_with(file.get());
  EXPECT_EQ(failed.name, "StartFailed");
  EXPECT_EQ(failed.parameters["path"], "/no/\\xff");
  EXPECT_EQ(failed.parameters["message"], "exec \"/no/\\xff\": no such file or directory");
}

TEST_F(Bytes, a_bad_variable_is_named_escaped) {
  const UniqueFd file = sealed_memory_file("test", "ctrue\0eA\xff="s + std::string(128 * 1024, 'x') + "\0"s);
  const Failure failed = fail_with(file.get());
  EXPECT_EQ(failed.name, "InvalidSpec");
  EXPECT_EQ(failed.parameters["field"], "spec.environment.A\\xff");
}

TEST_F(Bytes, an_environment_of_3_megabytes_works) {
  std::string bytes = "csh\0a-c\0aenv | wc -c\0ePATH=/usr/bin:/bin\0"s;
  for (int i = 0; i < 30; ++i) bytes += "eV" + std::to_string(i) + "=" + std::string(100'000, 'v') + "\0"s;
  // A quarter of the stack is what execve(2) takes.
  const json job = start_bytes(bytes, {{"commands", {{{"argv", json::array()}}}},
                                       {"bytesFd", 0},
                                       {"limits", {{"rlimits", {{"stack", {{"soft", 64 << 20}, {"hard", 64 << 20}}}}}}}});
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_GT(std::stol(log_of(client(), job)), 3'000'000);
}

TEST_F(Bytes, A3_descriptors_that_cannot_be_read_at_once_are_refused_and_the_daemon_goes_on) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  const UniqueFd unsealed(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const UniqueFd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  for (const int file : {read_end.get(), unsealed.get(), zero.get()}) {
    const Failure failed = fail_with(file);
    EXPECT_EQ(failed.name, "InvalidSpec");
    EXPECT_EQ(failed.parameters["field"], "spec.bytesFd");
  }
  const UniqueFd malformed = sealed_memory_file("test", "ctrue\0ax"s);
  EXPECT_EQ(fail_with(malformed.get()).parameters["reason"], "the string at byte 6 does not end with NUL");
  json nothing = beside();
  nothing["bytesFd"] = 7;
  EXPECT_EQ(fail_with(malformed.get(), nothing).name, "org.varlink.service.InvalidParameter");
  EXPECT_EQ(wait(client(), start_bytes("ctrue\0"s))["outcome"], "succeeded");
}

}  // namespace
}  // namespace coppice::support
