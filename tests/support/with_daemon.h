// A test with a daemon of its own and a client of it. Skips where no daemon can run.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/support/daemon.h"

namespace coppice::support {

class WithDaemon : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    daemon_.emplace();
    client_.emplace(daemon_->connect());
  }

  varlink::Client& client() { return *client_; }

  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
};

}  // namespace coppice::support
