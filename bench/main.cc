// Measures the bare loops and the daemon in one run, and writes the report.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>

#include "bench/api.h"
#include "bench/cores.h"
#include "bench/floor/cycle.h"
#include "bench/floor/kill.h"
#include "bench/options.h"
#include "bench/report.h"

namespace coppice::bench {
namespace {

constexpr int kConnections = 16;
// Runs whose times are thrown away: caches and lazily made things are there afterwards.
constexpr int kWarmUp = 50;
// What a test harness takes for "this machine cannot".
constexpr int kCannot = 77;

void say(const std::string& what) { std::cerr << "bench: " << what << std::endl; }

std::vector<ThreadUse> difference(const std::vector<ThreadUse>& after,
                                  const std::vector<ThreadUse>& before) {
  std::map<std::string, ThreadUse> known;
  for (const ThreadUse& use : before) known[use.process + use.thread] = use;
  std::vector<ThreadUse> grown = after;
  for (ThreadUse& use : grown) {
    const ThreadUse& old = known[use.process + use.thread];
    use.running_micros -= old.running_micros;
    use.waiting_micros -= old.waiting_micros;
    use.switches -= old.switches;
  }
  return grown;
}

CycleResults measure_cycles(const Options& options, const Place& place, const std::vector<int>& cores) {
  const Bound bound(cores);
  const std::vector<int> first = {cores.front()};
  const auto floor = [&](Cycle cycle, const std::vector<int>& on) {
    run_cycles(cycle, place, options.tiny, kWarmUp, on);
    return run_cycles(cycle, place, options.tiny, options.jobs, on);
  };
  CycleResults results;
  results.cores = cores.size();
  say("bare loops on " + std::to_string(cores.size()) + " core(s)");
  results.posix_spawn = floor(Cycle::posix_spawn, cores);
  results.clone = floor(Cycle::clone, cores);
  results.pen = floor(Cycle::pen, cores);
  results.pen_with_pipe = floor(Cycle::pen_with_pipe, cores);
  results.pen_one_thread = floor(Cycle::pen, first);
  results.pen_with_pipe_one_thread = floor(Cycle::pen_with_pipe, first);
  say("jobs on " + std::to_string(cores.size()) + " core(s)");
  const DaemonProcess daemon(options.coppiced, cores);
  run_jobs(daemon, options.tiny, kWarmUp, kConnections, JobOutput::log);
  const auto begin = daemon.use();
  results.one_connection = run_jobs(daemon, options.tiny, options.jobs, 1, JobOutput::null);
  const auto middle = daemon.use();
  results.sixteen_connections = run_jobs(daemon, options.tiny, options.jobs, kConnections, JobOutput::null);
  const auto end = daemon.use();
  results.one_connection_log = run_jobs(daemon, options.tiny, options.jobs, 1, JobOutput::log);
  results.use_one = difference(middle, begin);
  results.use_sixteen = difference(end, middle);
  return results;
}

MemoryResult measure_memory(const Options& options, int jobs) {
  say("memory of " + std::to_string(jobs) + " idle jobs");
  const DaemonProcess daemon(options.coppiced, allowed_cores());
  run_jobs(daemon, options.tiny, kWarmUp, kConnections, JobOutput::log);
  MemoryResult result;
  result.jobs = jobs;
  result.before = daemon.memory();
  try {
    start_idle(daemon, options.tiny, jobs);
    result.after = daemon.memory();
  } catch (const varlink::MethodError& error) {
    result.failure = error.what();
  }
  kill_idle(daemon);
  return result;
}

KillResult measure_kills(const Options& options, const Place& place, int members) {
  say("killing trees of " + std::to_string(members));
  // Big trees take their time and vary little.
  const int repeats = members >= 1000 ? std::max(options.kills / 3, 1) : options.kills;
  KillResult result;
  result.members = members;
  result.kill = run_kills(KillWay::kill, place, options.grove, members, repeats);
  result.freeze_and_kill = run_kills(KillWay::freeze_and_kill, place, options.grove, members, repeats);
  result.frozen_then_kill = run_kills(KillWay::frozen_then_kill, place, options.grove, members, repeats);
  const DaemonProcess daemon(options.coppiced, allowed_cores());
  run_jobs(daemon, options.tiny, kWarmUp, 1, JobOutput::null);
  result.api = kill_trees(daemon, options.grove, members, repeats);
  return result;
}

void measure(const Options& options, const Place& place) {
  Results results;
  results.revision = options.revision;
  results.jobs = options.jobs;
  const std::vector<int> cores = allowed_cores();
  for (std::size_t count = 1; count <= std::min<std::size_t>(cores.size(), 2); ++count)
    results.cycles.push_back(
        measure_cycles(options, place, {cores.begin(), cores.begin() + static_cast<long>(count)}));
  for (const int jobs : options.idle) results.memory.push_back(measure_memory(options, jobs));
  for (const int members : options.trees) results.kills.push_back(measure_kills(options, place, members));
  if (options.output.empty()) return write_report(std::cout, results);
  std::ofstream file(options.output);
  write_report(file, results);
  file.close();
  if (!file) throw std::runtime_error("cannot write " + options.output);
  say("wrote " + options.output);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  using namespace coppice::bench;
  try {
    const Options options = parse_options(argc, argv);
    std::unique_ptr<Place> place;
    try {
      place = std::make_unique<Place>();
    } catch (const std::system_error& error) {
      std::cerr << "bench: control groups are needed: " << error.what() << "\n";
      return kCannot;
    }
    measure(options, *place);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << "\n";
    return 1;
  }
}
