#include "daemon/limits.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "config/errors.h"
#include "config/limits.h"
#include "daemon/output/run_on.h"

namespace coppice::daemon {
namespace {

config::LimitUnavailable refusal(const cgroup::UnmetLimit& unmet) { return {unmet.limit, unmet.reason}; }

std::vector<cgroup::LimitWrite> writes_of(const config::Limits& limits, const std::vector<std::string>& lift) {
  std::vector<cgroup::LimitWrite> writes = cgroup::limit_writes(limits);
  for (auto& write : cgroup::lift_writes(lift)) writes.push_back(std::move(write));
  return writes;
}

// What puts back those that `changes` sets and those of `lift`.
std::vector<cgroup::LimitWrite> undoing(const config::Limits& changes, const std::vector<std::string>& lift,
                                        const config::Limits& before) {
  std::vector<std::string> names = config::controlled_limits(changes);
  names.insert(names.end(), lift.begin(), lift.end());
  config::Limits earlier;
  config::copy_limits(before, earlier, names);
  const std::vector<std::string> were_set = config::controlled_limits(earlier);
  std::erase_if(names, [&](const std::string& name) { return std::ranges::find(were_set, name) != were_set.end(); });
  return writes_of(earlier, names);
}

}  // namespace

void require_available(const config::Limits& limits, const cgroup::Hierarchy& hierarchy) {
  const auto unmet = cgroup::unavailable(cgroup::limit_writes(limits), hierarchy.missing());
  if (!unmet.empty()) throw refusal(unmet.front());
}

std::vector<std::string> set_pen_limits(cgroup::Pen& pen, const config::Limits& limits, bool required,
                                        const cgroup::Hierarchy& hierarchy) {
  if (const auto unmet = pen.slice()->unmet_limit())
    throw config::LimitUnavailable(unmet->limit, "a slice of the job has it, and it does not hold: " + unmet->reason);
  const auto unmet = cgroup::write_limits(pen, cgroup::limit_writes(limits), hierarchy.missing());
  if (required && !unmet.empty()) throw refusal(unmet.front());
  std::vector<std::string> lacking;
  for (const auto& one : unmet) lacking.push_back(one.limit);
  return lacking;
}

asio::awaitable<std::vector<cgroup::UnmetLimit>> write_limits(Services& services, cgroup::Group group,
                                                              std::vector<cgroup::LimitWrite> writes) {
  if (writes.empty()) co_return std::vector<cgroup::UnmetLimit>();
  // Shared, so that a wait which is cancelled leaves nothing behind that the other thread uses.
  const auto shared = std::make_shared<cgroup::Group>(std::move(group));
  auto work = [shared, writes = std::move(writes), missing = services.hierarchy.missing()] {
    return cgroup::write_limits(*shared, writes, missing);
  };
  // One after the other: of two changes of a limit the later one is what stays.
  if (!services.limiting) services.limiting = std::make_unique<Worker>();
  auto writing = run_on(services.limiting->context(), services.io, std::move(work));
  co_return co_await std::move(writing);
}

asio::awaitable<void> change_limits(Services& services, cgroup::Group group, config::Limits changes,
                                    std::vector<std::string> lift, config::Limits before) {
  cgroup::Group again = group.duplicate();
  auto writing = write_limits(services, std::move(group), writes_of(changes, lift));
  const auto unmet = co_await std::move(writing);
  if (unmet.empty()) co_return;
  auto restoring = write_limits(services, std::move(again), undoing(changes, lift, before));
  // What cannot be put back either was not changed.
  static_cast<void>(co_await std::move(restoring));
  throw refusal(unmet.front());
}

}  // namespace coppice::daemon
