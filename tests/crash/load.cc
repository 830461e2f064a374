#include "tests/crash/load.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "tests/crash/caller.h"
#include "tests/crash/conductor.h"
#include "tests/crash/subscriber.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::crash {
namespace {

using support::Daemon;

// What a machine with much to do may take for it.
constexpr std::chrono::seconds kMoment{15};

json last_job() {
  json wanted = support::spec({"/bin/true"});
  wanted["slice"] = kQueue;
  wanted["labels"] = {{"last", "yes"}};
  return wanted;
}

class Load {
 public:
  Load(Daemon& daemon, const Order& order) : daemon_(daemon),
        order_(order),
        socket_(order.socket.empty() ? daemon.socket() : order.socket),
        caller_(socket_) {
    place_.program = std::filesystem::absolute("tests/crash/writer");
    place_.folder = notes_.path();
    place_.mark = support::random_word();
    place_.deaf = order.keeper_dies;
    ledger_.keeper_died = order.keeper_dies;
  }

  Ledger run(const std::function<void()>& harm) {
    try {
      caller_.call("SetSlice", {{"slice", kQueue}, {"maxJobs", kPlaces}});
      const std::int64_t since = warm_up();
      ledger_.before = look_for_traces(daemon_, place_.mark);
      order_.prepare();
      work_and_watch(since, harm);
      list();
      caller_.call("Remove", {{"endedBefore", std::int64_t{1} << 60}});
      look_back();
    } catch (const std::exception& error) {
      ledger_.trouble.push_back(error.what());
    }
    clean_up(place_.mark);
    return std::move(ledger_);
  }

 private:
  // The first job makes what a daemon makes once. Answers with the number of the last event.
  std::int64_t warm_up() {
    const json wanted = support::spec({"/bin/true"});
    const json job = caller_.call("Start", {{"spec", wanted}, {"key", place_.mark + "-first"}}).at("job");
    caller_.call("Wait", {{"job", support::ref(job)}, {"unchecked", true}});
    std::int64_t last = 0;
    Caller(socket_).stream("Subscribe", [] { return json{{"since", 0}}; }, [&](const json& event) {
      last = event.at("sequence");
      return event.at("event") != "ended";
    });
    caller_.call("Remove", {{"job", support::ref(job)}});
    return last;
  }

  void work_and_watch(std::int64_t since, const std::function<void()>& harm) {
    Subscriber everything(socket_, json::object(), since, "yes");
    Subscriber queue(socket_, {{"slice", kQueue}}, since, "yes");
    work(harm);
    ledger_.accounts.assign(std::make_move_iterator(accounts_.begin()), std::make_move_iterator(accounts_.end()));
    caller_.call("Start", {{"spec", last_job()}, {"key", place_.mark + "-last"}});
    ledger_.events = take(everything);
    ledger_.queue_events = take(queue);
  }

  void work(const std::function<void()>& harm) {
    std::vector<std::thread> lanes;
    for (int lane = 0; lane < order_.lanes; ++lane) lanes.emplace_back([this] { keep_busy(); });
    try {
      harm();
    } catch (const std::exception& error) {
      ledger_.trouble.push_back(std::string("the harm: ") + error.what());
    }
    harmed_ = true;
    for (auto& lane : lanes) lane.join();
  }

  void keep_busy() {
    while (Account* account = next()) {
      conduct(socket_, *account);
      // Whatever is wrong with one is likely to be wrong with the next, and each takes its patience.
      if (!account->trouble.empty()) failed_ = true;
    }
  }

  Account* next() {
    const std::lock_guard hold(lock_);
    const int number = static_cast<int>(accounts_.size());
    if (failed_ || (harmed_ && number >= order_.jobs)) return nullptr;
    Account& account = accounts_.emplace_back();
    account.plan = plan(number);
    if (order_.detached) account.plan.through_run = false;
    return &account;
  }

  Plan plan(int number) const {
    const auto place = static_cast<std::size_t>(number);
    if (!order_.kinds.empty()) return draw(order_.seed, number, place_, order_.kinds[place % order_.kinds.size()]);
    return number < kKinds ? draw(order_.seed, number, place_, static_cast<Kind>(number))
                           : draw(order_.seed, number, place_);
  }

  std::vector<json> take(Subscriber& subscriber) {
    auto told = subscriber.take();
    if (!told.trouble.empty()) ledger_.trouble.push_back(told.trouble);
    return std::move(told.events);
  }

  void list() {
    std::vector<json> jobs;
    caller_.stream("List", [&] { return jobs.clear(), json::object(); }, [&](const json& reply) {
      jobs.push_back(reply.at("job"));
      return true;
    });
    for (const json& job : jobs) {
      const json& labels = job.at("labels");
      if (labels.contains("last")) continue;
      const std::size_t number =
          labels.contains("plan") ? std::stoul(labels["plan"].get<std::string>()) : accounts_.size();
      if (number < ledger_.accounts.size()) {
        ledger_.accounts[number].listed.push_back(job);
      } else {
        ledger_.strangers.push_back(job.at("id"));
      }
    }
  }

  // Some of it goes a moment after the last answer.
  void look_back() {
    const auto deadline = std::chrono::steady_clock::now() + kMoment;
    do {
      ledger_.after = look_for_traces(daemon_, place_.mark);
    } while (!compare(ledger_.before, ledger_.after).empty() && std::chrono::steady_clock::now() < deadline);
  }

  Daemon& daemon_;
  const Order order_;
  const std::string socket_;
  Caller caller_;
  support::Folder notes_;
  Place place_;
  std::mutex lock_;
  std::deque<Account> accounts_;
  std::atomic<bool> harmed_ = false, failed_ = false;
  Ledger ledger_;
};

}  // namespace

Ledger run_load(Daemon& daemon, const Order& order, const std::function<void()>& harm) {
  return Load(daemon, order).run(harm);
}

}  // namespace coppice::crash
