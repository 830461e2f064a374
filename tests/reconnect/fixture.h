// A client of a daemon that is no daemon.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "tests/cli_daemon/fixture.h"
#include "tests/reconnect/fake_daemon.h"

namespace coppice::reconnect {

using cli_daemon::Ended;

// A whole id: it is not looked up.
inline constexpr char kId[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

inline json job(const std::string& state = "running", const std::string& id = kId) {
  return {{"id", id},           {"slice", ""},         {"labels", json::object()}, {"owner", "root"},
          {"commands", {{{"argv", {"true"}}}}},        {"state", state},           {"mainPids", json::array()},
          {"attempt", 1},       {"stuck", json::array()}};
}

inline json result(int code = 0) {
  return {{"outcome", code == 0 ? "succeeded" : "failed"},
          {"exits", {{{"code", code}}}},
          {"leftovers", json::array()},
          {"found", json::array()},
          {"stages", json::array()},
          {"startedAt", 1},
          {"endedAt", 2}};
}

class Reconnect : public cli_daemon::Place {
 protected:
  void SetUp() override { daemon_.emplace(socket()); }
  // Before the place looks who listens.
  void TearDown() override { daemon_.reset(); }

  FakeDaemon& daemon() { return *daemon_; }

 private:
  std::optional<FakeDaemon> daemon_;
};

}  // namespace coppice::reconnect
