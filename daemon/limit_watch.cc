#include "daemon/limit_watch.h"

#include <sys/sysinfo.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
using config::WatchedLimit;

// CPU time is looked at no more often, which bounds both what that costs and how much a tree uses too much.
constexpr auto kShortestLook = 10ms;

std::pair<WatchedLimit, std::optional<config::Milliseconds>> watched(const config::Limits& limits, int index) {
  if (index == 0) return {WatchedLimit::wall_time, limits.wall_time};
  if (index == 1) return {WatchedLimit::silence, limits.silence};
  return {WatchedLimit::cpu_time, limits.cpu_time};
}

constexpr int kWatched = 3;

}  // namespace

bool LimitWatch::wanted(const config::Limits& limits) {
  return limits.wall_time || limits.silence || limits.cpu_time;
}

LimitWatch::LimitWatch(asio::io_context& io, Notifier& wake, cgroup::Pen& pen, const Logs& logs,
                       Clock::time_point begin)
    : pen_(pen), alarm_(io, wake), logs_(logs), begin_(begin), quiet_from_(begin) {}

void LimitWatch::set(const config::Limits& limits) {
  limits_ = limits;
  next_ = Clock::time_point::min();
}

std::optional<Exceeded> LimitWatch::look(bool frozen) {
  const auto now = Clock::now();
  if (frozen == frozen_ && now < next_) return std::nullopt;
  if (frozen != frozen_) note_frozen(frozen, now);
  next_ = Clock::time_point::max();
  for (int i = 0; i < kWatched; ++i) {
    const auto [limit, bound] = watched(limits_, i);
    if (!bound) continue;
    const auto at = due(limit, *bound, now);
    if (at <= now) return Exceeded{limit, *bound};
    next_ = std::min(next_, at);
  }
  if (next_ == Clock::time_point::max()) {
    alarm_.cancel();
  } else {
    alarm_.set(next_ - now);
  }
  return std::nullopt;
}

void LimitWatch::note_frozen(bool frozen, Clock::time_point now) {
  if (frozen) {
    frozen_since_ = now;
  } else {
    // It is as quiet now as it was when it was frozen.
    const auto quiet = std::max<Clock::duration>(frozen_since_ - quiet_since(), 0ns);
    quiet_from_ = now - quiet;
  }
  frozen_ = frozen;
}

LimitWatch::Clock::time_point LimitWatch::due(WatchedLimit limit, config::Milliseconds bound,
                                              Clock::time_point now) const {
  if (limit == WatchedLimit::wall_time) return begin_ + bound;
  if (frozen_) return Clock::time_point::max();
  if (limit == WatchedLimit::silence) return quiet_since() + bound;
  const auto left = cpu_time_left(bound);
  if (left <= 0ns) return now;
  // No sooner than all CPUs together can use it up.
  return now + std::max<Clock::duration>(kShortestLook, left / std::max(1, ::get_nprocs()));
}

LimitWatch::Clock::time_point LimitWatch::quiet_since() const {
  auto since = quiet_from_;
  for (const auto& log : {logs_.output, logs_.error})
    if (log) since = std::max(since, log->last_output());
  return since;
}

LimitWatch::Clock::duration LimitWatch::cpu_time_left(config::Milliseconds bound) const {
  try {
    return bound - pen_.cpu_time().value_or(0us);
  } catch (const std::system_error&) {
    // A shortage is no reason to end a job: it is looked at again.
    return kShortestLook;
  }
}

}  // namespace coppice::daemon
