#include "config/limits.h"

#include <algorithm>

#include "config/errors.h"

namespace coppice::config {
namespace {

enum class By { kernel, daemon };

// `visit(name, by whom, pointer to the member)` for each but rlimits.
template <typename Visit>
void each_limit(Visit visit) {
  visit("memoryMax", By::kernel, &Limits::memory_max);
  visit("memoryHigh", By::kernel, &Limits::memory_high);
  visit("cpuMax", By::kernel, &Limits::cpu_max);
  visit("cpuWeight", By::kernel, &Limits::cpu_weight);
  visit("ioWeight", By::kernel, &Limits::io_weight);
  visit("processesMax", By::kernel, &Limits::processes_max);
  visit("wallTime", By::daemon, &Limits::wall_time);
  visit("silence", By::daemon, &Limits::silence);
  visit("cpuTime", By::daemon, &Limits::cpu_time);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> names_of(Liftable which) {
  std::vector<std::string> names;
  each_limit([&](const char* name, By by, auto) {
    if (which == Liftable::any || by == By::kernel) names.emplace_back(name);
  });
  return names;
}

}  // namespace

std::vector<std::string> set_limits(const Limits& limits) {
  std::vector<std::string> names;
  each_limit([&](const char* name, By, auto member) {
    if (limits.*member) names.emplace_back(name);
  });
  return names;
}

std::vector<std::string> controlled_limits(const Limits& limits) {
  std::vector<std::string> names;
  each_limit([&](const char* name, By by, auto member) {
    if (by == By::kernel && limits.*member) names.emplace_back(name);
  });
  return names;
}

bool unlimited(const Limits& limits) { return limits.rlimits.empty() && set_limits(limits).empty(); }

void copy_limits(const Limits& from, Limits& to, const std::vector<std::string>& names) {
  each_limit([&](const char* name, By, auto member) {
    if (contains(names, name)) to.*member = from.*member;
  });
}

void check_lift(const std::vector<std::string>& lift, const Limits& changes, Liftable which) {
  const std::vector<std::string> known = names_of(which);
  const std::vector<std::string> changed = set_limits(changes);
  for (const std::string& name : lift) {
    if (!contains(known, name)) {
      std::string all;
      for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
      throw InvalidSpec("lift", "\"" + name + "\" is no limit that can be lifted: these are " + all);
    }
    if (contains(changed, name)) throw InvalidSpec("lift", "\"" + name + "\" is set by the same call");
  }
}

}  // namespace coppice::config
