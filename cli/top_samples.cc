#include "cli/top_samples.h"

#include <algorithm>
#include <utility>

#include "cli/draw.h"

namespace coppice::cli {
namespace {

std::optional<std::int64_t> moved(const config::Usage& usage) {
  if (!usage.io_read && !usage.io_written) return std::nullopt;
  return usage.io_read.value_or(0) + usage.io_written.value_or(0);
}

double seconds(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1e6; }

TopEntry entry_of(const config::Job& job) {
  TopEntry entry;
  entry.id = job.id;
  entry.name = job.name.value_or("");
  entry.slice = job.slice;
  entry.state = job.state;
  entry.command = command_words(job);
  if (!job.usage) return entry;
  entry.figures.cpu_time = job.usage->cpu_user + job.usage->cpu_system;
  entry.figures.memory = job.usage->memory_now;
  entry.figures.processes = job.usage->processes_now;
  return entry;
}

// Per second of `time`, from `before` to `now`.
void put_rates(const config::Usage& before, const config::Usage& now, double time, TopFigures& figures) {
  if (time <= 0) return;
  const auto used = now.cpu_user + now.cpu_system - before.cpu_user - before.cpu_system;
  figures.cpu = std::max(0.0, 100 * seconds(used) / time);
  const auto io = moved(now);
  if (io) figures.io = std::max(0.0, static_cast<double>(*io - moved(before).value_or(0)) / time);
}

}  // namespace

std::vector<TopEntry> TopSamples::take(const std::vector<config::Job>& jobs, Clock::time_point at, std::int64_t now) {
  const double passed = at_ ? std::chrono::duration<double>(at - *at_).count() : 0;
  std::map<std::string, Seen> seen;
  std::vector<TopEntry> entries;
  for (const config::Job& job : jobs) {
    entries.push_back(entry_of(job));
    if (!job.usage) continue;
    const auto known = seen_.find(job.id);
    if (known != seen_.end() && known->second.attempt == job.attempt) {
      put_rates(known->second.usage, *job.usage, passed, entries.back().figures);
    } else if (at_ && job.started_at && job.attempt == 1) {
      // It is new since the last look, so all that it has used is.
      const double age = static_cast<double>(now - job.started_at->time_since_epoch().count()) / 1e6;
      if (age <= passed) put_rates({}, *job.usage, age, entries.back().figures);
    }
    seen.emplace(job.id, Seen{*job.usage, job.attempt});
  }
  seen_ = std::move(seen);
  at_ = at;
  return entries;
}

}  // namespace coppice::cli
