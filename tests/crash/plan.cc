#include "tests/crash/plan.h"

#include <array>
#include <csignal>
#include <map>

namespace coppice::crash {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return state_ = mix(state_); }
  int below(int bound) { return static_cast<int>(next() % static_cast<std::uint64_t>(bound)); }
  int between(int least, int most) { return least + below(most - least + 1); }
  bool one_in(int count) { return below(count) == 0; }

 private:
  std::uint64_t state_;
};

struct DeathBySignal {
  int number;
  const char* name;
};
constexpr std::array<DeathBySignal, 7> kSignals = {{{SIGTERM, "SIGTERM"},
                                                    {SIGKILL, "SIGKILL"},
                                                    {SIGSEGV, "SIGSEGV"},
                                                    {SIGABRT, "SIGABRT"},
                                                    {SIGUSR1, "SIGUSR1"},
                                                    {SIGINT, "SIGINT"},
                                                    {SIGHUP, "SIGHUP"}}};

json code(int number) { return {{"code", number}}; }
json signal_named(const std::string& name) { return {{"signal", name}}; }

using Orders = std::map<std::string, std::string>;

struct Draft {
  Plan plan;
  Orders orders;
  // Behind the writer, in a pipeline.
  std::vector<Orders> copiers = {};
};

void expect(Plan& plan, const std::string& outcome, const json& exit) {
  plan.outcome = outcome;
  plan.exits = json::array({exit});
}

void end_with_code(Draft& draft, int number) {
  draft.orders["end"] = "code:" + std::to_string(number);
  expect(draft.plan, number == 0 ? "succeeded" : "failed", code(number));
}

void be_short(Draft& draft, Dice& dice) {
  draft.plan.lines = dice.between(0, 200);
  draft.orders["piece"] = std::to_string(dice.between(1, 4000));
  draft.orders["pause"] = std::to_string(dice.one_in(2) ? 0 : dice.between(1, 4000));
  end_with_code(draft, dice.one_in(2) ? 0 : dice.between(1, 255));
}

void be_endless(Draft& draft, Dice& dice, const std::string& outcome, const std::string& signal) {
  draft.plan.lines = -1;
  draft.orders["piece"] = std::to_string(dice.between(100, 4000));
  draft.orders["pause"] = std::to_string(dice.between(1000, 5000));
  expect(draft.plan, outcome, signal_named(signal));
}

void make_pipeline(Draft& draft, Dice& dice) {
  const int last = dice.one_in(2) ? 0 : dice.between(1, 255), middle = dice.one_in(3) ? dice.between(1, 255) : 0;
  draft.copiers = {{{"end", "code:" + std::to_string(middle)}}, {{"end", "code:" + std::to_string(last)}}};
  draft.orders["end"] = "code:0";
  draft.plan.outcome = last == 0 && middle == 0 ? "succeeded" : "failed";
  draft.plan.exits = {code(0), code(middle), code(last)};
}

void make_big(Draft& draft, Dice& dice) {
  draft.plan.lines = dice.between(10'000, 30'000);
  draft.orders["piece"] = "60000";
  draft.orders["pause"] = "0";
}

void make_restarted(Draft& draft, Dice& dice) {
  const int failures = dice.between(1, 3);
  draft.orders["fail_first"] = std::to_string(failures);
  draft.plan.attempts = failures + 1;
  draft.plan.lines = dice.between(1, 50);
  draft.plan.spec["restart"] = {{"policy", "on_failure"}, {"delay", dice.between(10, 200)}};
  end_with_code(draft, 0);
}

void make_ended_by_signal(Draft& draft, Dice& dice) {
  const auto& death = kSignals.at(static_cast<std::size_t>(dice.below(kSignals.size())));
  draft.orders["end"] = "signal:" + std::to_string(death.number);
  expect(draft.plan, "signaled", signal_named(death.name));
}

void make_polite(Draft& draft, Dice& dice) {
  const int number = dice.between(0, 255);
  draft.orders["term"] = std::to_string(number);
  draft.plan.exits = json::array({code(number)});
}

void slow_down(Draft& draft, Dice& dice) {
  draft.plan.lines = dice.between(100, 200);
  draft.orders["piece"] = "100";
  draft.orders["pause"] = "5000";
}

void shape(Draft& draft, Dice& dice) {
  Plan& plan = draft.plan;
  be_short(draft, dice);
  switch (plan.kind) {
    case Kind::code: break;
    case Kind::signal: return make_ended_by_signal(draft, dice);
    case Kind::two_streams: plan.streams = 3; break;
    case Kind::pipeline: return make_pipeline(draft, dice);
    case Kind::big: return make_big(draft, dice);
    case Kind::queued: plan.spec["slice"] = kQueue; break;
    case Kind::restarted: return make_restarted(draft, dice);
    case Kind::leased:
      slow_down(draft, dice);
      plan.spec["lifetime"] = {{"bound", "lease"}, {"ttl", 60'000}};
      break;
    case Kind::expiring:
      be_endless(draft, dice, "lease_expired", "SIGTERM");
      plan.spec["lifetime"] = {{"bound", "lease"}, {"ttl", dice.between(200, 1500)}};
      break;
    case Kind::timed:
      be_endless(draft, dice, "timed_out", "SIGTERM");
      plan.spec["limits"] = {{"wallTime", dice.between(200, 1500)}};
      break;
    case Kind::stopped: return be_endless(draft, dice, "stopped", "SIGTERM");
    case Kind::polite:
      be_endless(draft, dice, "stopped", "SIGTERM");
      return make_polite(draft, dice);
    case Kind::killed: return be_endless(draft, dice, "killed", "SIGKILL");
    case Kind::frozen: return slow_down(draft, dice);
    case Kind::leaving: draft.orders["child"] = "1"; break;
  }
}

json command(const std::string& program, const std::string& mode, const Orders& orders) {
  json argv = {program, mode};
  for (const auto& [name, value] : orders) argv.push_back(name + "=" + value);
  return {{"argv", argv}};
}

void write_spec(Draft& draft, const Place& place, Dice& dice) {
  Plan& plan = draft.plan;
  Orders& orders = draft.orders;
  orders["witness"] = plan.witness;
  orders["seed"] = std::to_string(plan.seed);
  orders["lines"] = std::to_string(plan.lines);
  orders["streams"] = std::to_string(plan.streams);
  if (place.deaf) orders["deaf"] = "1";
  plan.spec["commands"] = json::array({command(place.program, "write", orders)});
  for (Orders& copier : draft.copiers) {
    if (place.deaf) copier["deaf"] = "1";
    plan.spec["commands"].push_back(command(place.program, "copy", copier));
  }
  plan.spec["labels"] = {{"plan", std::to_string(plan.number)}};
  plan.spec["environment"] = {{"COPPICE_CRASH", place.mark}};
  if (plan.streams == 3) plan.spec["error"] = {{"kind", "log"}};
  if (dice.one_in(2)) plan.spec["name"] = "job-" + std::to_string(plan.number);
}

}  // namespace

std::string Plan::text(int stream) const {
  std::string all;
  if ((streams & stream) == 0) return all;
  for (int attempt = 1; attempt <= attempts; ++attempt) all += Text{seed, attempt, stream}.lines(lines);
  return all;
}

Plan draw(std::uint64_t seed, int number, const Place& place) {
  Dice dice(mix(seed) + static_cast<std::uint64_t>(number));
  return draw(seed, number, place, static_cast<Kind>(dice.below(kKinds)));
}

Plan draw(std::uint64_t seed, int number, const Place& place, Kind kind) {
  Dice dice(mix(mix(seed)) + static_cast<std::uint64_t>(number));
  Draft draft;
  Plan& plan = draft.plan;
  plan.number = number;
  plan.kind = kind;
  plan.spec = json::object();
  plan.seed = dice.next();
  plan.key = place.mark + "-" + std::to_string(number);
  plan.witness = place.folder + "/" + std::to_string(number);
  shape(draft, dice);
  // A Run has its connection alone: what is done to a job is done through another.
  plan.through_run = !plan.spec.contains("lifetime") && dice.one_in(4);
  plan.waited = dice.one_in(2);
  plan.followed = dice.one_in(2);
  write_spec(draft, place, dice);
  return plan;
}

std::string name_of(Kind kind) {
  constexpr std::array<const char*, kKinds> kNames = {
      "code",   "signal",   "two_streams", "pipeline", "big",    "queued", "restarted", "leased",
      "expiring", "timed", "stopped",     "polite",   "killed", "frozen", "leaving"};
  return kNames.at(static_cast<std::size_t>(kind));
}

}  // namespace coppice::crash
