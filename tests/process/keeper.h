// A keeper that a test started, spoken to by protocol, and cgroups for its jobs.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "process/keeper_protocol.h"
#include "process/launch.h"
#include "tests/process/supervisor_end.h"

namespace coppice::process::test {

// Absolute path of what the build put at `path` from its root.
std::string built(const std::string& path);
std::size_t open_descriptors(pid_t pid);
UniqueFd memory_file(const std::string& content);

// A cgroup of the test's own; killed and removed at its end.
class TestPen {
 public:
  explicit TestPen(std::string path);
  ~TestPen();
  TestPen(const TestPen&) = delete;
  TestPen& operator=(const TestPen&) = delete;

  int fd() const { return directory_.get(); }
  const std::string& path() const { return path_; }
  // Waits for it; false after 30 s.
  bool becomes(const char* key, bool value);
  void write(const char* file, const char* text);

 private:
  std::string path_;
  UniqueFd directory_;
};

class Keeper : public SupervisorEnd {
 public:
  // `prepare` runs in the keeper's process before its exec.
  explicit Keeper(const std::string& program, const std::function<void()>& prepare = {});
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  pid_t pid() const { return pid_; }
  // Hangs up if need be; the wait status, or nothing after 30 s.
  std::optional<int> end();
  // What it wrote to standard error so far.
  std::string errors() const;

 private:
  Keeper(const std::string& program, const std::function<void()>& prepare, std::pair<UniqueFd, UniqueFd> ends);

  UniqueFd errors_;
  UniqueFd pidfd_;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

// The value of the line that begins with `name` and a blank.
std::string line(const std::string& text, const std::string& name);

// The parameter is the keeper's path from the build's root.
class KeeperTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override;
  void TearDown() override;

  Keeper& keeper() { return *keeper_; }
  void restart(const std::function<void()>& prepare);
  static Launch probe(std::vector<std::string> arguments);
  // Sends the launch; nobody has read an answer yet. `input` stands in for the pipe of the standard input.
  Command launch(const Launch& launch, int pen = -1, int input = -1);
  // Skips the test, and gives nothing, where no cgroup can be made.
  TestPen* pen();

  std::string directory_;  // for files; removed at the end

 private:
  std::unique_ptr<Keeper> keeper_;
  std::string cgroup_;
  std::vector<std::unique_ptr<TestPen>> pens_;
  Key last_key_ = 0;
};

#define COPPICE_BOTH_KEEPERS(suite)                                                        \
  INSTANTIATE_TEST_SUITE_P(Keepers, suite,                                                 \
                           ::testing::Values("process/keeper/coppice-keeper",              \
                                             "process/keeper/coppice-keeper-guarded"),     \
                           [](const auto& info) {                                          \
                             return std::string(info.index == 0 ? "plain" : "guarded");    \
                           })

}  // namespace coppice::process::test
