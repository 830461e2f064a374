// SetSlice and ListSlices.
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/errors.h"
#include "daemon/errors.h"
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

}  // namespace

asio::awaitable<void> set_slice(varlink::Call& call, Services& services) {
  const std::string path = slice_path(call.parameters().at("slice").get<std::string>());
  const bool may = services.access.may_govern(call.peer());
  services.audit.tell(call, "SetSlice of \"" + path + "\"", may ? Audit::Verdict::allowed : Audit::Verdict::denied);
  if (!may)
    throw permission_denied("only root, the user that the daemon runs as and members of its admin group set the bounds of "
                            "slices");
  const auto bound = read_bound(call.parameters());
  if (!services.slices.set_bound(path, bound))
    throw exhausted("slices with a bound", SliceTable::kBounds);
  services.chronicle.note_bound(path, bound);
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
