#include "bench/report.h"

#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <iomanip>
#include <map>
#include <ostream>
#include <sstream>
#include <thread>

namespace coppice::bench {
namespace {

std::string fixed(double value, int digits = 2) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

double over(double value, double base) { return base > 0 ? value / base : 0; }

// One row of the table of aims. `most`: the value may be at most `bound`, else at least.
void aim(std::ostream& out, const std::string& what, double value, double bound, bool most) {
  const bool met = most ? value <= bound : value >= bound;
  out << "| " << what << " | " << fixed(value) << " | " << (most ? "≤ " : "≥ ") << fixed(bound)
      << " | " << (met ? "met" : "**missed**") << " |\n";
}

std::string on_cores(std::size_t cores) {
  return cores == 1 ? "one core" : std::to_string(cores) + " cores";
}

void write_aims(std::ostream& out, const Results& results) {
  out << "| what | measured | aim | |\n|---|---|---|---|\n";
  for (const CycleResults& cycle : results.cycles) {
    const std::string where = " (" + on_cores(cycle.cores) + ")";
    aim(out, "median start → result over one connection ÷ median of S3" + where,
        over(cycle.one_connection.median().count(), cycle.pen_one_thread.median().count()), 1.5, true);
    aim(out, "jobs a second over 16 connections ÷ rate of S3" + where,
        over(cycle.sixteen_connections.per_second(), cycle.pen.per_second()), 0.7, false);
  }
  for (const MemoryResult& memory : results.memory) {
    const std::string what = "KiB of PSS for each of " + std::to_string(memory.jobs) + " idle jobs";
    if (memory.failure.empty())
      aim(out, what, memory.for_each() / 1024, 8, true);
    else
      out << "| " << what << " | not all could be started | ≤ 8.00 | **missed** |\n";
  }
  for (const KillResult& kill : results.kills)
    aim(out,
        "kill of " + std::to_string(kill.members) +
            ", request → reply ÷ bare freeze + cgroup.kill (medians)",
        over(kill.api.median().count(), kill.freeze_and_kill.median().count()), 1.3, true);
}

void series_row(std::ostream& out, const std::string& what, const Series& series, const Series& base) {
  out << "| " << what << " | " << fixed(series.median().count(), 0) << " | "
      << fixed(series.quantile(0.99).count(), 0) << " | " << fixed(series.per_second(), 0) << " | "
      << fixed(over(series.median().count(), base.median().count())) << " | "
      << fixed(over(series.per_second(), base.per_second())) << " |\n";
}

// CPU time of each kind of thread for each job. Threads of one name in one process count together.
void write_use(std::ostream& out, const std::string& what, const std::vector<ThreadUse>& uses, int jobs) {
  std::map<std::string, ThreadUse> together;
  for (const ThreadUse& use : uses) {
    const std::string process = use.process.substr(0, use.process.rfind(' '));
    const std::string thread = use.thread.substr(use.thread.find(' ') + 1);
    ThreadUse& sum = together[process + " / " + thread];
    sum.running_micros += use.running_micros;
    sum.waiting_micros += use.waiting_micros;
    sum.switches += use.switches;
  }
  for (const auto& [name, use] : together)
    out << "| " << what << " | " << name << " | " << fixed(use.running_micros / jobs, 1) << " | "
        << fixed(use.waiting_micros / jobs, 1) << " | " << fixed(use.switches / jobs, 1) << " |\n";
}

void write_cycles(std::ostream& out, const CycleResults& cycle, int jobs) {
  out << "\n## Start to result on " << on_cores(cycle.cores) << "\n\n"
      << "Microseconds. Bare loops have one thread for each core where nothing else is said; ratios are to S3\n"
      << "with one thread for a single connection, to S3 on all of these cores for others.\n\n"
      << "| what | median | p99 | a second | median ÷ S3 | rate ÷ S3 |\n|---|---|---|---|---|---|\n";
  series_row(out, "S0 posix_spawn, waitid", cycle.posix_spawn, cycle.pen);
  series_row(out, "S1 clone3, waitid", cycle.clone, cycle.pen);
  series_row(out, "S3 with a fresh cgroup", cycle.pen, cycle.pen);
  series_row(out, "S3, one thread", cycle.pen_one_thread, cycle.pen);
  series_row(out, "S5, S3 with a pipe drained", cycle.pen_with_pipe, cycle.pen);
  series_row(out, "S5, one thread", cycle.pen_with_pipe_one_thread, cycle.pen);
  series_row(out, "API, one connection", cycle.one_connection, cycle.pen_one_thread);
  series_row(out, "API, one connection, output in a log", cycle.one_connection_log, cycle.pen_one_thread);
  series_row(out, "API, 16 connections", cycle.sixteen_connections, cycle.pen);
  out << "\nWhere the daemon's time goes, for each job: microseconds of CPU, microseconds ready but waiting for a CPU,\n"
      << "and switches of its threads (/proc/PID/task/TID/schedstat). The kernel's work for a job's own process is not\n"
      << "in it, nor the client's.\n\n"
      << "| run | process / thread | running | waiting | switches |\n|---|---|---|---|---|\n";
  write_use(out, "one connection", cycle.use_one, jobs);
  write_use(out, "16 connections", cycle.use_sixteen, jobs);
}

void write_kills(std::ostream& out, const Results& results) {
  out << "\n## Killing a flat tree\n\nMedian milliseconds until the tree is empty; for the API from request to reply, "
         "with the list of what was killed.\n\n"
      << "| processes | cgroup.kill | freeze + kill | frozen, then kill | API | API p99 | API ÷ freeze + kill | "
         "API ÷ frozen, then kill |\n|---|---|---|---|---|---|---|---|\n";
  for (const KillResult& kill : results.kills) {
    const double api = kill.api.median().count();
    out << "| " << kill.members << " | " << fixed(kill.kill.median().count() / 1000) << " | "
        << fixed(kill.freeze_and_kill.median().count() / 1000) << " | "
        << fixed(kill.frozen_then_kill.median().count() / 1000) << " | " << fixed(api / 1000) << " | "
        << fixed(kill.api.quantile(0.99).count() / 1000) << " | "
        << fixed(over(api, kill.freeze_and_kill.median().count())) << " | "
        << fixed(over(api, kill.frozen_then_kill.median().count())) << " |\n";
  }
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

void write_machine(std::ostream& out, const Results& results) {
  utsname name{};
  ::uname(&name);
  std::ifstream load("/proc/loadavg");
  std::string loads;
  std::getline(load, loads);
  std::time_t now = std::time(nullptr);
  std::tm when{};
  ::gmtime_r(&now, &when);
  out << "Measured " << std::put_time(&when, "%Y-%m-%d %H:%M UTC");
  if (!results.revision.empty()) out << ", revision " << results.revision;
  out << ", " << results.jobs << " jobs a run.\nMachine: " << processor() << ", "
      << std::thread::hardware_concurrency() << " processors, " << name.sysname << " " << name.release << " "
      << name.machine << "; load average when written " << loads << ".\n";
}

}  // namespace

void write_report(std::ostream& out, const Results& results) {
  out << "# Benchmark results\n\nWritten by `bench/run` in one run on one machine; not edited.\n\n";
  write_machine(out, results);
  out << "\n## Ratios and aims\n\n";
  write_aims(out, results);
  for (const CycleResults& cycle : results.cycles) write_cycles(out, cycle, results.jobs);
  out << "\n## Memory of keeper and supervisor\n\n"
      << "| idle jobs | KiB before | KiB with them | KiB for each |\n|---|---|---|---|\n";
  for (const MemoryResult& memory : results.memory) {
    out << "| " << memory.jobs << " | " << fixed(memory.before / 1024, 0) << " | ";
    if (memory.failure.empty())
      out << fixed(memory.after / 1024, 0) << " | " << fixed(memory.for_each() / 1024) << " |\n";
    else
      out << memory.failure << " | |\n";
  }
  write_kills(out, results);
}

}  // namespace coppice::bench
