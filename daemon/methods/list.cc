#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/errors.h"
#include "config/names.h"
#include "daemon/access.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

struct Filter {
  varlink::Peer peer;
  std::optional<std::string> slice;
  std::vector<config::State> states;
  std::map<std::string, std::string> labels;
  std::optional<std::int64_t> ended_since;

  bool accepts(const Job& job) const {
    if (!may_touch(peer, job.owner().uid)) return false;
    if (slice && !slice_within(job.slice(), *slice)) return false;
    if (!states.empty() && std::find(states.begin(), states.end(), job.state()) == states.end())
      return false;
    if (ended_since && (!job.over() || api::to_wire(job.result().ended_at) < *ended_since)) return false;
    return has_labels(job.spec().labels, labels);
  }
};

Filter read_filter(const varlink::Call& call) {
  const json& parameters = call.parameters();
  Filter filter;
  filter.peer = call.peer();
  filter.slice = optional_string(parameters, "slice");
  if (const auto states = parameters.find("states"); states != parameters.end() && !states->is_null())
    for (const auto& name : *states)
      filter.states.push_back(*config::parse<config::State>(name.get<std::string>()));
  if (const auto labels = parameters.find("labels"); labels != parameters.end() && !labels->is_null())
    filter.labels = labels->get<std::map<std::string, std::string>>();
  filter.ended_since = optional_int(parameters, "endedSince");
  return filter;
}

std::vector<std::shared_ptr<Job>> select(const varlink::Call& call, const Services& services) {
  const Filter filter = read_filter(call);
  auto jobs = services.jobs.select([&](const Job& job) { return filter.accepts(job); });
  if (const auto limit = optional_int(call.parameters(), "limit")) {
    if (*limit < 1) throw config::InvalidSpec("limit", "must be 1 or more");
    // The latest are the ones of interest.
    if (jobs.size() > static_cast<std::size_t>(*limit))
      jobs.erase(jobs.begin(), jobs.end() - static_cast<std::ptrdiff_t>(*limit));
  }
  return jobs;
}

}  // namespace

asio::awaitable<void> list(varlink::Call& call, Services& services) {
  const auto reference = call.parameters().find("job");
  const bool one = reference != call.parameters().end() && !reference->is_null();
  if (!one && !call.more()) throw varlink::expected_more();
  std::vector<std::shared_ptr<Job>> jobs;
  if (one) {
    jobs.push_back(find_job(call, services, *reference));
  } else {
    jobs = select(call, services);
  }
  // Varlink has no empty sequence of replies.
  if (jobs.empty()) throw no_such_job({});
  for (std::size_t i = 0; i + 1 < jobs.size(); ++i) {
    json answer = {{"job", api::to_json(*jobs[i]->snapshot())}};
    co_await call.reply_more(std::move(answer));
  }
  json answer = {{"job", api::to_json(*jobs.back()->snapshot())}};
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
