// A daemon, a client, and what the tests of streams do with descriptors.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::support {

class Streams : public testing::Test {
 protected:
  void SetUp() override;
  // With these arguments of coppiced beside the usual ones; SetUp() starts it without any.
  void start_daemon(const std::vector<std::string>& more);

  varlink::Client& client() { return *client_; }
  // A job of another connection may be waiting on the first one.
  varlink::Client connect() const { return daemon_->connect(); }
  pid_t supervisor() const { return daemon_->supervisor(); }

  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
};

struct Pipe {
  Pipe();
  UniqueFd read;
  UniqueFd write;
};

json stream(const char* kind);
json passed(int index);

// The descriptors of a reply, by the name of the stream.
struct Ends {
  UniqueFd input;
  UniqueFd output;
  UniqueFd error;
};
Ends ends_of(varlink::Reply& reply);

// Start, with the descriptors that it answers.
struct Started {
  json job;
  Ends ends;
};
Started start_with_ends(varlink::Client& client, const json& spec);

void write_all(int fd, std::string_view bytes);
// To the end of the file; throws when it does not come within the deadline.
std::string read_all(int fd);

// Bytes in which every position can be told from its neighbours.
std::string pattern_of(std::size_t size);

pid_t main_pid(const json& job);
// The status flags of a descriptor of another process, by /proc.
int flags_of(pid_t pid, int fd);

// The parameters of WriteInput.
json input_call(const json& job, std::string_view data, bool close = false);

}  // namespace coppice::support
