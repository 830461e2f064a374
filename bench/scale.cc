// Whether an operation costs more, the more jobs are live.
#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "bench/calls.h"
#include "bench/cores.h"
#include "bench/daemon_process.h"
#include "bench/fan.h"
#include "bench/floor/cycle.h"
#include "bench/load.h"
#include "bench/room.h"
#include "bench/topics.h"
#include "bench/wire.h"

namespace coppice::bench {
namespace {

using nlohmann::json;

// Of the live jobs: a log would need one more descriptor for each in both processes, and fewer would fit.
constexpr char kOutput[] = "null";

struct Operation {
  const char* name;
  const char* what;
  // For the comparison alone.
  bool bare = false;
};

constexpr std::array kOperations = {
    Operation{"start", "Start of one more job, 1 in flight"},
    Operation{"start.cpu", "CPU of the daemon for it"},
    Operation{"run", "Run of a job that ends at once, 1 in flight"},
    Operation{"run.cpu", "CPU of the daemon for it"},
    Operation{"run.cpu.keeper", "CPU of the keeper alone for it"},
    Operation{"list", "List, for each job of the answer"},
    Operation{"list.cpu", "CPU of the daemon for it"},
    Operation{"fan", "Subscribe, for each event told to each of the readers, until the last one has it"},
    Operation{"fan.cpu", "CPU of the daemon for it"},
    Operation{"kill", "Kill of all, for each job"},
    Operation{"kill.cpu", "CPU of the daemon for it"},
    Operation{"floor", "bare S3 cycle beside them", true},
};

class Population {
 public:
  Population(const Run& run, int jobs)
      : run_(run), jobs_(jobs), daemon_(run.options.coppiced, allowed_cores()), probes_(run.amounts.probes) {}

  // Operation → µs.
  std::map<std::string, double> measure() {
    start_idle(daemon_, run_.options.tiny, kOutput, jobs_ - std::min(probes_, jobs_ / 2));
    measure_start();
    measure_run();
    measure_list();
    measure_fan();
    const auto uses = daemon_.use();
    note("kill", kill_idle(daemon_).count() / jobs_, uses, jobs_);
    return costs_;
  }

 private:
  void note(const std::string& name, double micros, const std::vector<ThreadUse>& before, double count) {
    costs_[name] = micros;
    costs_[name + ".cpu"] = running_micros(difference(daemon_.use(), before)) / count;
  }

  void measure_start() {
    const int count = std::min(probes_, jobs_ / 2);
    const std::string call = start_call(spec_of({run_.options.tiny, "wait"}, kOutput, "bench"));
    const auto uses = daemon_.use();
    note("start", make_calls(daemon_, call, kStarted, count, 1).median().count(), uses, count);
  }

  void measure_run() {
    const std::vector<int> first = {allowed_cores().front()};
    Series floor, api;
    const auto uses = daemon_.use();
    const auto keeper = use_of(daemon_.keeper());
    for (int round = 0; round < 4; ++round) {
      floor.append(run_cycles(Cycle::pen, run_.place, run_.options.tiny, probes_ / 4, first));
      api.append(run_jobs(daemon_, run_.options.tiny, "log", probes_ / 4, 1));
    }
    costs_["floor"] = floor.median().count();
    const double count = static_cast<double>(api.each.size());
    note("run", api.median().count(), uses, count);
    costs_["run.cpu.keeper"] = running_micros(difference(use_of(daemon_.keeper()), keeper)) / count;
  }

  void measure_list() {
    json parameters;
    parameters["slice"] = "bench";
    Wire wire(daemon_.socket());
    const auto uses = daemon_.use();
    const auto before = Clock::now();
    wire.send(call_text("List", parameters, true));
    int told = 1;
    while (wire.receive().find("\"continues\":true") != std::string_view::npos) ++told;
    const Micros time = Clock::now() - before;
    if (told != jobs_) throw std::runtime_error("List tells of " + std::to_string(told) + " jobs");
    note("list", time.count() / told, uses, told);
  }

  void measure_fan() {
    Fan fan(daemon_, run_.options.tiny, run_.amounts.readers);
    const auto uses = daemon_.use();
    const Fanned fanned = fan.run(std::min(probes_, 40));
    note("fan", fanned.time.count() / fanned.told, uses, fanned.told);
  }

  const Run& run_;
  int jobs_;
  DaemonProcess daemon_;
  int probes_;
  std::map<std::string, double> costs_;
};

using Costs = std::map<int, std::map<std::string, double>>;

void tell(const Run& run, const Operation& operation, const Costs& costs) {
  Line line{"scale", operation.name, "live jobs", "µs", {}};
  for (const auto& [jobs, of] : costs) {
    const double cost = of.at(operation.name);
    line.points.emplace_back(jobs, cost);
    run.document.add(value_row("scale", std::string(operation.name) + "." + std::to_string(jobs),
                               std::string(operation.what) + ", " + std::to_string(jobs) + " live jobs", "µs", cost));
  }
  run.document.add(line);
}

// Against the bare cycle at the same time: the machine itself is not equally fast all the time.
void tell_growth(const Run& run, const Operation& operation, const Costs& costs, const std::string& note) {
  const auto& [few, first] = *costs.begin();
  const auto& [many, last] = *costs.rbegin();
  const auto relative = [&](const std::map<std::string, double>& of) { return over(of.at(operation.name), of.at("floor")); };
  Aim aim;
  aim.topic = "scale";
  aim.what = std::string(operation.name) + ": cost, in bare cycles beside it, with " + std::to_string(many) +
             " live jobs ÷ with " + std::to_string(few);
  if (many > few) aim.value = over(relative(last), relative(first));
  aim.aim = 1.25;
  aim.note = note;
  run.document.add(aim);
}

}  // namespace

void measure_scale(const Run& run) {
  Costs costs;
  const Levels levels = within_room(run.amounts.live, kWithoutLog);
  for (const int jobs : levels.jobs) {
    say("scale: " + std::to_string(jobs) + " live jobs");
    costs[jobs] = Population(run, jobs).measure();
  }
  for (const Operation& operation : kOperations) {
    if (!operation.bare) tell_growth(run, operation, costs, levels.stopped);
    tell(run, operation, costs);
  }
}

}  // namespace coppice::bench
