// SetSlice and ListSlices.
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/check.h"
#include "config/errors.h"
#include "config/limits.h"
#include "daemon/errors.h"
#include "daemon/limits.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

std::optional<std::int64_t> read_bound(const json& parameters) {
  const auto bound = optional_int(parameters, "maxJobs");
  if (bound && *bound < 1)
    throw config::InvalidSpec("maxJobs", "must be 1 or more; leave it out for no bound");
  return bound;
}

struct SliceChange {
  // Of what was set, those that controllers enforce.
  config::Limits limits;
  std::vector<std::string> lift;
  SliceBounds before;
  SliceBounds after;
};

config::Limits read_limits(const json& parameters) {
  const auto given = parameters.find("limits");
  if (given == parameters.end() || given->is_null()) return {};
  config::Limits limits = api::limits_from_json(*given);
  config::check(limits, "limits");
  if (!limits.rlimits.empty() || config::controlled_limits(limits).size() != config::set_limits(limits).size())
    throw config::InvalidSpec("limits", "a slice takes those that the kernel enforces, and no wallTime, silence, cpuTime "
                                        "or rlimits: these are for each job by itself");
  return limits;
}

bool is_given(const json& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found != parameters.end() && !found->is_null();
}

// A call with neither limits nor lift is about maxJobs alone, as the first versions had it.
SliceChange read_change(const json& parameters, const std::string& path, Services& services) {
  SliceChange change;
  change.before = change.after = services.slices.bounds(path);
  const auto bound = read_bound(parameters);
  change.limits = read_limits(parameters);
  change.lift = string_list(parameters, "lift");
  const bool partly = is_given(parameters, "limits") || is_given(parameters, "lift");
  const bool unbound = std::erase(change.lift, "maxJobs") > 0;
  if (unbound && bound) throw config::InvalidSpec("lift", "\"maxJobs\" is set by the same call");
  config::check_lift(change.lift, change.limits, config::Liftable::controlled);
  if (bound || unbound || !partly) change.after.max_jobs = bound;
  std::vector<std::string> names = config::set_limits(change.limits);
  if (path.empty() && !names.empty())
    throw config::InvalidSpec("slice", "the slice of all takes no limits, since the daemon is in its cgroup too: name a "
                                       "slice, or set them on the service (systemctl edit coppiced.service)");
  require_available(change.limits, services.hierarchy);
  names.insert(names.end(), change.lift.begin(), change.lift.end());
  config::copy_limits(change.limits, change.after.limits, names);
  return change;
}

// Those that govern a job of the peer, or are inside of it: what others run stays theirs.
void keep_own(std::vector<config::Slice>& slices, const varlink::Peer& peer, const Services& services) {
  std::set<std::string, std::less<>> own;
  for (const auto& job : services.jobs.live_in(""))
    if (services.access.may_touch(peer, job->owner().uid)) own.insert(job->slice());
  std::erase_if(slices, [&own](const config::Slice& slice) {
    if (own.contains(slice.name)) return false;
    const auto below = own.lower_bound(slice.name.empty() ? slice.name : slice.name + "/");
    return below == own.end() || !slice_within(*below, slice.name);
  });
}

std::vector<config::Slice> select(const varlink::Call& call, const Services& services,
                                  const std::string& path) {
  std::vector<config::Slice> slices;
  if (call.more()) {
    slices = services.slices.list(path);
  } else if (auto one = services.slices.find(path)) {
    slices.push_back(std::move(*one));
  }
  if (!services.access.may_govern(call.peer())) keep_own(slices, call.peer(), services);
  return slices;
}

// The register first: a daemon that dies in between sets them when it comes back.
void keep(Services& services, const std::string& path, const SliceBounds& bounds) {
  if (!services.slices.set_bounds(path, bounds)) throw exhausted("slices with a bound", SliceTable::kBounds);
  services.chronicle.note_bounds(path, bounds);
  services.hierarchy.slices().remember_limits(path, bounds.limits);
}

asio::awaitable<void> set_limits_of(Services& services, std::string path, SliceChange change) {
  // Held, so that nobody makes it again meanwhile.
  const auto slice = services.hierarchy.slices().find(path);
  if (!slice) co_return;
  auto changing = change_limits(services, slice->duplicate(), change.limits, change.lift, change.before.limits);
  co_await std::move(changing);
}

}  // namespace

asio::awaitable<void> set_slice(varlink::Call& call, Services& services) {
  const std::string path = slice_path(call.parameters().at("slice").get<std::string>());
  const bool may = services.access.may_govern(call.peer());
  services.audit.tell(call, "SetSlice of \"" + path + "\"", may ? Audit::Verdict::allowed : Audit::Verdict::denied);
  if (!may)
    throw permission_denied("only root, the user that the daemon runs as and members of its admin group set the bounds of "
                            "slices");
  const SliceChange change = read_change(call.parameters(), path, services);
  keep(services, path, change.after);
  try {
    auto setting = set_limits_of(services, path, change);
    co_await std::move(setting);
  } catch (...) {
    keep(services, path, change.before);
    throw;
  }
  config::Slice none;
  none.name = path;
  json answer = {{"slice", api::to_json(services.slices.find(path).value_or(none))}};
  co_await call.reply(std::move(answer));
}

asio::awaitable<void> list_slices(varlink::Call& call, Services& services) {
  const auto given = optional_string(call.parameters(), "slice");
  if (!given && !call.more()) throw varlink::expected_more();
  const std::string path = slice_path(given.value_or(""));
  const std::vector<config::Slice> slices = select(call, services, path);
  // Varlink has no empty sequence of replies.
  if (slices.empty()) throw no_such_slice(path);
  for (std::size_t i = 0; i + 1 < slices.size(); ++i) {
    json answer = {{"slice", api::to_json(slices[i])}};
    co_await call.reply_more(std::move(answer));
  }
  json answer = {{"slice", api::to_json(slices.back())}};
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
