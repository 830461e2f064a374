// A daemon of its own for each test of slices.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {

class WithSlices : public WithDaemon {
 protected:
  // No number: no bound.
  json set_bound(const std::string& slice, std::optional<int> jobs) {
    json parameters = {{"slice", slice}};
    if (jobs) parameters["maxJobs"] = *jobs;
    return call(client(), "SetSlice", parameters).at("slice");
  }

  json slice(const std::string& path) { return call(client(), "ListSlices", {{"slice", path}}).at("slice"); }
};

inline json in_slice(json spec, const std::string& slice, int priority = 0) {
  spec["slice"] = slice;
  if (priority != 0) spec["priority"] = priority;
  return spec;
}

inline std::string id_of(const json& job) { return job.at("id"); }

}  // namespace coppice::support
