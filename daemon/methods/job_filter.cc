#include "daemon/methods/job_filter.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/errors.h"
#include "config/names.h"
#include "daemon/job_table.h"
#include "daemon/methods/target.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

template <typename Enum>
std::vector<Enum> read_names(const json& parameters, const char* parameter) {
  std::vector<Enum> values;
  const auto found = parameters.find(parameter);
  if (found == parameters.end() || found->is_null()) return values;
  for (const auto& name : *found) values.push_back(*config::parse<Enum>(name.get<std::string>()));
  return values;
}

template <typename Value>
bool among(const std::vector<Value>& wanted, const Value& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

bool JobFilter::accepts(const Job& job) const {
  if (!governs && job.owner().uid != peer.uid) return false;
  if (!job.id().starts_with(begins)) return false;
  if (name && job.spec().name != name) return false;
  if (slice && !slice_within(job.slice(), *slice)) return false;
  if (!among(states, job.state())) return false;
  if (!has_labels(job.spec().labels, labels)) return false;
  if (outcomes.empty() && !ended_since && !ended_before) return true;
  if (!job.over() || !among(outcomes, job.result().outcome)) return false;
  const std::int64_t ended = api::to_wire(job.result().ended_at);
  return (!ended_since || ended >= *ended_since) && (!ended_before || ended < *ended_before);
}

bool JobFilter::covers_ended() const { return among(states, config::State::ended); }

HistoryFilter JobFilter::for_history() const {
  HistoryFilter filter;
  if (!governs) filter.owner = peer.uid;
  filter.name = name;
  filter.slice = slice.value_or("");
  filter.labels = labels;
  filter.outcomes = outcomes;
  filter.ended_since = ended_since;
  filter.ended_before = ended_before;
  filter.begins = begins;
  return filter;
}

JobFilter read_filter(const varlink::Call& call, const Access& access) {
  const json& parameters = call.parameters();
  JobFilter filter;
  filter.peer = call.peer();
  filter.governs = access.may_govern(call.peer());
  filter.name = optional_string(parameters, "name");
  filter.slice = optional_string(parameters, "slice");
  filter.begins = optional_string(parameters, "begins").value_or("");
  filter.states = read_names<config::State>(parameters, "states");
  filter.outcomes = read_names<config::Outcome>(parameters, "outcomes");
  if (const auto labels = parameters.find("labels"); labels != parameters.end() && !labels->is_null())
    filter.labels = labels->get<std::map<std::string, std::string>>();
  filter.ended_since = optional_int(parameters, "endedSince");
  filter.ended_before = optional_int(parameters, "endedBefore");
  filter.limit = optional_int(parameters, "limit");
  if (filter.limit && *filter.limit < 1) throw config::InvalidSpec("limit", "must be 1 or more");
  return filter;
}

}  // namespace coppice::daemon
