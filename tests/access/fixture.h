// A daemon of root's that everybody may connect to, with settings of the test's, and connections of several users.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ipc/varlink/client.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::support {

// Every system has both (Debian Policy, 9.2.2).
inline constexpr uid_t kNobody = 65534;
inline constexpr uid_t kBin = 2;

// As whom this process connects.
struct Who {
  uid_t uid = kNobody;
  gid_t gid = kNobody;
  std::vector<gid_t> groups = {};
};

class WithUsers : public testing::Test {
 protected:
  void SetUp() override;

  // Starts a daemon with these settings, in place of the one before.
  void begin(const std::string& settings);
  // Writes them and has them read.
  void reload(const std::string& settings);

  varlink::Client& root() { return *root_; }
  varlink::Client connect_as(const Who& who) const;
  // Waits until the daemon's log has that text.
  testing::AssertionResult logs(const std::string& text) const;

  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> root_;
};

// The job reference alone, of one that sleeps until it is ended.
json hold(varlink::Client& client, json more = json::object());
// The bound that a call ran into: "live jobs of one user 2"; "none"; or another error.
std::string bound_hit(varlink::Client& client, std::string_view method, const json& parameters);
std::string start_bound(varlink::Client& client, const json& more = json::object());

}  // namespace coppice::support
