// A job's start to its result.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "bench/cores.h"
#include "bench/daemon_process.h"
#include "bench/floor/cycle.h"
#include "bench/load.h"
#include "bench/topics.h"

namespace coppice::bench {
namespace {

// Runs whose times are thrown away: caches and lazily made things are there afterwards.
constexpr int kWarmUp = 128;

struct Kind {
  const char* name;
  const char* what;
};

struct Floor : Kind {
  Cycle cycle;
  // Or a thread for each core.
  bool one_thread;
};

struct Flight : Kind {
  int in_flight;
  const char* output;
};

constexpr std::array kFloors = {
    Floor{{"s0", "S0 posix_spawn, waitid"}, Cycle::posix_spawn, false},
    Floor{{"s1", "S1 clone3, waitid"}, Cycle::clone, false},
    Floor{{"s3", "S3 clone3 into a fresh cgroup, a thread for each core"}, Cycle::pen, false},
    Floor{{"s3.one", "S3, one thread"}, Cycle::pen, true},
    Floor{{"s5", "S5, S3 with a pipe drained, a thread for each core"}, Cycle::pen_with_pipe, false},
    Floor{{"s5.one", "S5, one thread"}, Cycle::pen_with_pipe, true},
};

constexpr std::array kFlights = {
    Flight{{"api.1", "API, 1 in flight"}, 1, "null"},
    Flight{{"api.1.log", "API, 1 in flight, output in a log"}, 1, "log"},
    Flight{{"api.16", "API, 16 in flight"}, 16, "null"},
    Flight{{"api.64", "API, 64 in flight"}, 64, "null"},
};

std::string on_cores(std::size_t cores) {
  return cores == 1 ? "one core" : std::to_string(cores) + " cores";
}

class StartOn {
 public:
  StartOn(const Run& run, const std::vector<int>& cores)
      : run_(run), cores_(cores), bound_(cores), daemon_(run.options.coppiced, cores) {}

  void measure() {
    run_jobs(daemon_, run_.options.tiny, "log", kWarmUp, 64);
    for (const Floor& floor : kFloors) cycle(floor, kWarmUp);
    const int share = std::max(run_.amounts.jobs / run_.amounts.rounds, 1);
    for (int round = 0; round < run_.amounts.rounds; ++round) {
      for (const Floor& floor : kFloors) series_[floor.name].append(cycle(floor, share));
      for (const Flight& flight : kFlights) series_[flight.name].append(jobs(flight, share));
    }
    tell();
  }

 private:
  Series cycle(const Floor& floor, int count) {
    const std::vector<int> on = floor.one_thread ? std::vector<int>{cores_.front()} : cores_;
    return run_cycles(floor.cycle, run_.place, run_.options.tiny, count, on);
  }

  Series jobs(const Flight& flight, int count) {
    const auto before = daemon_.use();
    const auto client = use_of(::getpid());
    Series series = run_jobs(daemon_, run_.options.tiny, flight.output, count, flight.in_flight);
    auto& uses = uses_[flight.name];
    for (const ThreadUse& use : difference(daemon_.use(), before)) uses.push_back(use);
    for (const ThreadUse& use : difference(use_of(::getpid()), client)) uses.push_back(use);
    return series;
  }

  std::string name(const Kind& kind) const { return std::to_string(cores_.size()) + "core." + kind.name; }
  std::string what(const Kind& kind) const {
    return std::string(kind.what) + " (" + on_cores(cores_.size()) + ")";
  }

  void tell() {
    tell_aims();
    for (const Floor& floor : kFloors) tell(floor);
    for (const Flight& flight : kFlights) tell(flight);
    for (const Flight& flight : kFlights) tell_use(flight);
  }

  void tell(const Kind& kind) {
    Row row = row_of("start", name(kind), what(kind), "µs", series_[kind.name]);
    const double cores = static_cast<double>(cores_.size());
    row.note = std::to_string(static_cast<int>(series_[kind.name].per_second() / cores)) + " a second per core";
    run_.document.add(row);
  }

  // For each job. The kernel's work for a job's own process is not in it.
  void tell_use(const Flight& flight) {
    const double count = static_cast<double>(series_[flight.name].each.size());
    for (const ThreadUse& use : by_name(uses_[flight.name])) {
      if (use.running_micros / count < 0.05) continue;
      const std::string who = use.process + "/" + use.thread;
      Row row = value_row("start", name(flight) + ".cpu." + who, what(flight) + ": CPU of " + who + " for each job",
                          "µs", use.running_micros / count);
      row.n = static_cast<std::size_t>(count);
      row.note = "ready, but waiting for a processor: " + fixed(use.waiting_micros / count) +
                 " µs; switches: " + fixed(use.switches / count);
      run_.document.add(row);
    }
  }

  void tell_aims() {
    const std::string where = " (" + on_cores(cores_.size()) + ")";
    Aim median;
    median.topic = "start";
    median.what = "median start → result, 1 in flight ÷ median of S3, one thread" + where;
    median.value = over(series_["api.1"].median(), series_["s3.one"].median());
    median.aim = 1.5;
    run_.document.add(median);
    for (const char* flight : {"16", "64"}) {
      Aim rate;
      rate.topic = "start";
      rate.what = std::string("jobs a second, ") + flight + " in flight ÷ rate of S3" + where;
      rate.value = over(series_[std::string("api.") + flight].per_second(), series_["s3"].per_second());
      rate.aim = 0.7;
      rate.sense = Sense::at_least;
      run_.document.add(rate);
    }
  }

  const Run& run_;
  std::vector<int> cores_;
  Bound bound_;
  DaemonProcess daemon_;
  std::map<std::string, Series> series_;
  std::map<std::string, std::vector<ThreadUse>> uses_;
};

}  // namespace

void measure_start(const Run& run) {
  const std::vector<int> cores = allowed_cores();
  for (std::size_t count = 1; count <= std::min<std::size_t>(cores.size(), 2); ++count) {
    say("start to result on " + on_cores(count));
    StartOn(run, {cores.begin(), cores.begin() + static_cast<long>(count)}).measure();
  }
}

}  // namespace coppice::bench
