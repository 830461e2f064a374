// Idle jobs, start-up, growth and wake-ups.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>

#include "bench/cores.h"
#include "bench/daemon_process.h"
#include "bench/floor/standing.h"
#include "bench/load.h"
#include "bench/room.h"
#include "bench/topics.h"

namespace coppice::bench {
namespace {

constexpr int kInFlight = 16;
constexpr int kIdleJobs = 100;
constexpr double kKiB = 1024;

// KiB that the kernel has for itself, of what jobs and their processes make it take.
double kernel_memory() {
  std::ifstream file("/proc/meminfo");
  double sum = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    double kibibytes = 0;
    words >> name >> kibibytes;
    if (name == "Slab:" || name == "KernelStack:" || name == "PageTables:" || name == "Percpu:") sum += kibibytes;
  }
  return sum;
}

std::string named(int jobs) { return std::to_string(jobs) + " idle jobs"; }

Aim aim_of(const std::string& what, double most) {
  Aim aim;
  aim.topic = "memory";
  aim.what = what;
  aim.aim = most;
  return aim;
}

// The kernel's share for processes in bare groups, KiB for each.
double bare_kernel_memory(const Run& run, int count) {
  const double before = kernel_memory();
  const Standing standing(run.place, run.options.tiny, count);
  return (kernel_memory() - before) / count;
}

struct Held {
  DaemonProcess::Memory user;
  double kernel = 0;
};

void tell_idle(const Run& run, int jobs, const Held& before, const Held& after, double bare) {
  const double each = (after.user.both() - before.user.both()) / jobs / kKiB;
  Aim aim = aim_of("KiB of PSS of keeper and supervisor for each of " + named(jobs), 8);
  aim.value = each;
  run.document.add(aim);
  const auto row = [&](const std::string& name, const std::string& what, double value) {
    run.document.add(value_row("memory", "idle." + std::to_string(jobs) + "." + name,
                               what + " for each of " + named(jobs), "KiB", value));
  };
  row("user", "PSS of both", each);
  row("keeper", "PSS of the keeper", (after.user.keeper - before.user.keeper) / jobs / kKiB);
  row("supervisor", "PSS of the supervisor", (after.user.supervisor - before.user.supervisor) / jobs / kKiB);
  row("kernel", "kernel memory, its process included,", (after.kernel - before.kernel) / jobs);
  row("kernel.bare", "kernel memory of a bare process in a bare cgroup,", bare);
}

// In a fresh daemon: what an allocator has kept from more jobs would be counted for fewer.
void measure_idle(const Run& run, int jobs) {
  say("memory of " + named(jobs));
  const double bare = bare_kernel_memory(run, jobs);
  const DaemonProcess daemon(run.options.coppiced, allowed_cores());
  run_jobs(daemon, run.options.tiny, "log", std::min(run.amounts.warm_up, 200), kInFlight);
  const Held before{daemon.memory(), kernel_memory()};
  run.document.add(value_row("memory", "idle." + std::to_string(jobs) + ".none", "PSS of keeper and supervisor without jobs",
                             "KiB", before.user.both() / kKiB));
  start_idle(daemon, run.options.tiny, "log", jobs);
  tell_idle(run, jobs, before, {daemon.memory(), kernel_memory()}, bare);
  kill_idle(daemon);
}

void measure_start_up(const Run& run) {
  say("start-up");
  Series ready, answered;
  for (int i = 0; i < run.amounts.starts; ++i) {
    const auto before = Clock::now();
    const DaemonProcess daemon(run.options.coppiced, allowed_cores());
    daemon.connect().call("org.varlink.service.GetInfo", nlohmann::json::object());
    answered.each.push_back(Clock::now() - before);
    ready.each.push_back(daemon.start_time());
  }
  run.document.add(row_of("memory", "startup.ready", "fork of the daemon → it says that it listens", "ms", ready));
  run.document.add(row_of("memory", "startup.answer", "fork of the daemon → first answer", "ms", answered));
}

// By least squares, so that one page more at an end decides nothing.
double slope(const std::vector<std::pair<double, double>>& points) {
  double x = 0, y = 0, xx = 0, xy = 0;
  const double n = static_cast<double>(points.size());
  for (const auto& [px, py] : points) {
    x += px;
    y += py;
    xx += px * px;
    xy += px * py;
  }
  return over(n * xy - x * y, n * xx - x * x);
}

// What is kept of ended jobs and of events is bounded: it is full after the warm-up.
void measure_growth(const Run& run) {
  say("growth over " + std::to_string(run.amounts.churn) + " short jobs");
  const DaemonProcess daemon(run.options.coppiced, allowed_cores());
  run_jobs(daemon, run.options.tiny, "log", run.amounts.warm_up, kInFlight);
  Line line{"memory", "growth", "short jobs", "KiB of PSS", {}};
  const int share = std::max(run.amounts.churn / 20, 1);
  for (int done = 0; done <= run.amounts.churn; done += share) {
    line.points.emplace_back(done, daemon.memory().both() / kKiB);
    if (done < run.amounts.churn) run_jobs(daemon, run.options.tiny, "log", share, kInFlight);
  }
  Aim aim = aim_of("growth, KiB of PSS for 1,000 short jobs", 0.5);
  aim.value = slope({line.points.begin() + static_cast<long>(line.points.size() / 2), line.points.end()}) * 1000;
  aim.note = "over the later half of " + std::to_string(run.amounts.churn) + " jobs, after " +
             std::to_string(run.amounts.warm_up) + " that fill what is kept";
  run.document.add(aim);
  run.document.add(line);
}

// Until a second passes in which nothing has run, or ten have passed.
void settle(const DaemonProcess& daemon) {
  double before = -1;
  for (int second = 0; second < 10; ++second) {
    const double now = running_micros(daemon.use());
    if (now == before) return;
    before = now;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

void measure_wake_ups(const Run& run) {
  say("wake-ups with idle jobs");
  const DaemonProcess daemon(run.options.coppiced, allowed_cores());
  start_idle(daemon, run.options.tiny, "log", kIdleJobs);
  settle(daemon);
  const auto before = daemon.use();
  std::this_thread::sleep_for(run.amounts.idle_span);
  double switches = 0, running = 0;
  std::string who;
  for (const ThreadUse& use : difference(daemon.use(), before)) {
    switches += use.switches;
    running += use.running_micros;
    if (use.switches > 0)
      who += " " + use.process + "/" + use.thread + " " + std::to_string(static_cast<int>(use.switches));
  }
  const std::string span = std::to_string(run.amounts.idle_span.count()) + " ms with " + named(kIdleJobs);
  Aim aim = aim_of("wake-ups of keeper and supervisor in " + span, 0);
  aim.value = switches;
  aim.note = who;
  run.document.add(aim);
  run.document.add(value_row("memory", "idle.cpu", "CPU of keeper and supervisor in " + span, "µs", running));
  kill_idle(daemon);
}

}  // namespace

void measure_memory(const Run& run) {
  measure_start_up(run);
  const Levels levels = within_room(run.amounts.idle, kWithLog);
  if (!levels.stopped.empty())
    run.document.add(unmeasured("memory", "KiB of PSS of keeper and supervisor for each job", 8, levels.stopped));
  for (const int jobs : levels.jobs) measure_idle(run, jobs);
  measure_wake_ups(run);
  measure_growth(run);
}

}  // namespace coppice::bench
