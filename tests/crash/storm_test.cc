// Random kills under a load (D1, O2). See README.md for the seed and how to replay.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "tests/crash/load.h"

namespace coppice::crash {
namespace {

using std::chrono::microseconds;

constexpr int kShortForm = 25;
constexpr int kLongForm = 300;

long number_from(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atol(text) : otherwise;
}

int kills_wanted() {
  return static_cast<int>(number_from("COPPICE_CRASH_KILLS", std::getenv("COPPICE_SOAK") ? kLongForm : kShortForm));
}

bool keeper_is_victim() {
  const char* victim = std::getenv("COPPICE_CRASH_VICTIM");
  return victim && std::string_view(victim) == "keeper";
}

// Between the start of one supervisor and its death: some while it adopts, most while jobs come and go, some after a
// longer peace.
microseconds pause(std::uint64_t draw) {
  const std::uint64_t kind = draw % 10, size = draw >> 8;
  if (kind < 3) return microseconds(size % 20'000);
  return kind < 8 ? microseconds(size % 300'000) : microseconds(size % 1'000'000);
}

class Storm : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = support::missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    order_.seed = static_cast<std::uint64_t>(number_from("COPPICE_CRASH_SEED", std::random_device()()));
    std::cout << "seed " << order_.seed << ": replay with COPPICE_CRASH_SEED=" << order_.seed << std::endl;
  }

  void raise() {
    support::Setting setting;
    // Deaths here are no fault of the supervisor: the next is started at once.
    setting.arguments = {"--restarts-within", "0", "--restarts", "1000000"};
    support::Daemon daemon(setting);
    const Ledger ledger = run_load(daemon, order_, [&] { harm(daemon); });
    std::cout << ledger.accounts.size() << " jobs, " << ledger.events.size() << " events, " << kills_wanted()
              << " kills\n";
    const auto complaints = audit(ledger);
    for (const auto& complaint : complaints) ADD_FAILURE() << complaint;
    if (!complaints.empty()) std::cout << "the daemon said:\n" << daemon.said() << std::endl;
  }

 private:
  void harm(support::Daemon& daemon) {
    for (int kill = 0; kill < kills_wanted(); ++kill) {
      daemon.await_supervisor();
      std::this_thread::sleep_for(pause(mix(order_.seed + static_cast<std::uint64_t>(kill))));
      if (order_.keeper_dies) {
        daemon.kill_both();
        daemon.start_again();
      } else if (!daemon.kill_supervisor()) {
        throw std::runtime_error("the supervisor was gone before kill " + std::to_string(kill));
      }
    }
  }

 protected:
  Order order_;
};

TEST_F(Storm, D1_O2_every_job_is_accounted_for_once_whenever_the_supervisor_dies) {
  order_.keeper_dies = keeper_is_victim();
  raise();
}

// What they wrote into their pipes then is gone, for nobody had those.
TEST_F(Storm, D1_when_keeper_and_supervisor_die_together_jobs_live_on_and_no_status_is_made_up) {
  if (!std::getenv("COPPICE_SOAK")) GTEST_SKIP() << "runs with --config=soak";
  order_.keeper_dies = true;
  raise();
}

}  // namespace
}  // namespace coppice::crash
