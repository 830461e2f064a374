// A death of the supervisor between any two steps whose order a promise rests on (D1): the outcome is what it is
// without.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/crash/load.h"
#include "tests/support/observe.h"

namespace coppice::crash {
namespace {

constexpr char kNowhere[] = "nowhere";

struct Step {
  // Of daemon/crash_point.h; kNowhere: nobody dies.
  std::string point;
  // Which visit is the last. The first job, before the ones that matter, visits what every job does.
  int visit;
  std::vector<Kind> kinds;
  // The point lies in taking over from a supervisor that was killed before.
  bool needs_adoption = false;
};

void PrintTo(const Step& step, std::ostream* out) { *out << step.point << ":" << step.visit; }

const std::vector<Kind> kStarts = {Kind::code, Kind::pipeline, Kind::two_streams};
const std::vector<Kind> kStops = {Kind::polite, Kind::stopped, Kind::timed};
const std::vector<Kind> kKills = {Kind::killed, Kind::killed};
const std::vector<Kind> kEnds = {Kind::leaving, Kind::signal, Kind::big};
const std::vector<Kind> kQueues = {Kind::queued, Kind::queued, Kind::queued, Kind::queued, Kind::queued};
const std::vector<Kind> kFreezes = {Kind::frozen, Kind::frozen};
const std::vector<Kind> kRestarts = {Kind::restarted, Kind::restarted};
const std::vector<Kind> kAdoptions = {Kind::frozen, Kind::killed, Kind::queued, Kind::queued,
                                      Kind::queued, Kind::leased, Kind::restarted};

// A job that runs at the first visit, one at the second: each way for the first and for a later job of the load.
std::vector<Step> steps() {
  std::vector<Step> all;
  const auto add = [&all](const std::vector<Kind>& kinds, int first, const std::vector<std::string>& points) {
    for (const auto& point : points)
      for (int visit = first; visit < first + 2; ++visit) all.push_back({point, visit, kinds});
  };
  for (const auto& kinds : {kStarts, kStops, kKills, kEnds, kQueues, kFreezes, kRestarts, kAdoptions})
    all.push_back({kNowhere, static_cast<int>(all.size()), kinds});
  add(kStarts, 2, {"start.reserved", "start.held", "start.registered", "start.launched", "start.ready"});
  add(kStops, 1, {"stop.registered", "stop.signalled"});
  add(kKills, 1, {"kill.registered", "kill.killed"});
  add(kEnds, 2, {"end.empty", "end.drained", "end.registered", "end.removed", "end.forgotten"});
  add(kQueues, 1, {"queue.registered"});
  add(kFreezes, 1, {"freeze.registered"});
  add(kRestarts, 1, {"restart.registered"});
  for (const std::string point : {"adopt.handed", "adopt.replayed", "adopt.serving"})
    all.push_back({point, 1, kAdoptions, true});
  return all;
}

class Steps : public testing::TestWithParam<Step> {
 protected:
  void SetUp() override {
    if (const std::string reason = support::missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
  }

  bool dies() const { return GetParam().point != kNowhere; }
  // There while nobody is to die, or when somebody has.
  std::string once() const { return folder_.path() + "/once"; }

  support::Setting setting() const {
    support::Setting setting;
    setting.arguments = {"--restarts-within", "0"};
    if (!dies()) return setting;
    std::ofstream(once()) << "not yet";
    setting.program = "daemon/coppiced-crashing";
    setting.environment = {"COPPICE_CRASH_AT=" + GetParam().point + ":" + std::to_string(GetParam().visit),
                           "COPPICE_CRASH_ONCE=" + once()};
    return setting;
  }

  Order order() {
    Order order;
    order.seed = static_cast<std::uint64_t>(GetParam().visit);
    order.kinds = GetParam().kinds;
    order.jobs = order.lanes = static_cast<int>(order.kinds.size());
    order.prepare = [this] { std::filesystem::remove(once()); };
    return order;
  }

  void harm(support::Daemon& daemon) const {
    if (!GetParam().needs_adoption) return;
    support::eventually([&] { return support::children_of(daemon.keeper()).size() > 1; });
    if (!daemon.kill_supervisor()) throw std::runtime_error("there is no supervisor to kill");
  }

 private:
  support::Folder folder_;
};

TEST_P(Steps, D1_the_outcome_is_what_it_is_without_a_death) {
  support::Daemon daemon(setting());
  const Ledger ledger = run_load(daemon, order(), [&] { harm(daemon); });
  if (dies()) {
    EXPECT_TRUE(support::exists(once())) << "nobody came to " << GetParam().point;
  }
  const auto complaints = audit(ledger);
  for (const auto& complaint : complaints) ADD_FAILURE() << complaint;
  if (!complaints.empty()) std::cout << "the daemon said:\n" << daemon.said() << std::endl;
}

std::string test_name(const testing::TestParamInfo<Step>& info) {
  std::string name = info.param.point + "_" + std::to_string(info.param.visit);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(DeathAt, Steps, testing::ValuesIn(steps()), test_name);

}  // namespace
}  // namespace coppice::crash
