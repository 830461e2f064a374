#include "cli/jobs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/connect.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/trouble.h"
#include "config/check.h"
#include "config/names.h"
#include "ipc/api/escape.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kIdLength = 26;
constexpr char kIdDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

bool may_begin_id(const std::string& word) {
  return !word.empty() && word.size() <= kIdLength &&
         upper(word).find_first_not_of(kIdDigits) == std::string::npos;
}

bool is_id(const std::string& word) { return word.size() == kIdLength && may_begin_id(word); }

json states_of(const JobFilter& filter) {
  json states = json::array();
  for (const std::string_view name : config::names<config::State>())
    if (filter.all || name != config::name_of(config::State::ended)) states.push_back(name);
  return states;
}

std::optional<json> live_job_named(varlink::Client& client, const std::string& name) {
  if (!config::name_fault(name).empty()) return std::nullopt;
  try {
    return client.call(api::method::kList, {{"job", {{"name", name}}}}).at("job");
  } catch (const varlink::MethodError& error) {
    if (error.name() == api::error::kNoSuchJob) return std::nullopt;
    throw;
  }
}

std::string text(const json& job, const char* key) {
  const auto found = job.find(key);
  return found != job.end() && found->is_string() ? found->get<std::string>() : "";
}

[[noreturn]] void ambiguous(const std::string& word, const std::vector<json>& jobs) {
  constexpr std::size_t kShown = 5;
  std::string list;
  for (std::size_t index = 0; index < std::min(kShown, jobs.size()); ++index)
    list += "\n  " + job_title(jobs[index]);
  if (jobs.size() > kShown) list += "\n  and " + std::to_string(jobs.size() - kShown) + " more";
  throw Trouble("\"" + word + "\" begins the ids of several jobs: give more of it" + list);
}

// Among all that the daemon still knows.
json search(varlink::Client& client, const std::string& word) {
  std::vector<json> begun;
  std::optional<json> named;
  const std::string beginning = may_begin_id(word) ? upper(word) : "";
  each_job(client, {.all = true, .slice = {}, .labels = {}}, [&](const json& job) {
    const std::string id = text(job, "id");
    if (!beginning.empty() && id.compare(0, beginning.size(), beginning) == 0) begun.push_back(job);
    // Ids sort by time.
    if (text(job, "name") == word && (!named || text(*named, "id") < id)) named = job;
  });
  if (named) return *named;
  if (begun.size() > 1) ambiguous(word, begun);
  if (begun.empty())
    throw Trouble("there is no job \"" + printable(word) + "\": coppice ps -a lists all that are known");
  return begun.front();
}

}  // namespace

void each_job(varlink::Client& client, const JobFilter& filter,
              const std::function<void(const json&)>& each) {
  json parameters = {{"states", states_of(filter)}};
  if (filter.slice) parameters["slice"] = *filter.slice;
  if (!filter.labels.empty()) parameters["labels"] = filter.labels;
  try {
    stream(client, api::method::kList, parameters, [&](const json& reply) {
      // A list of nothing still needs one reply.
      const auto job = reply.find("job");
      if (job != reply.end() && job->is_object()) each(*job);
    });
  } catch (const varlink::MethodError& error) {
    // Likewise.
    if (error.name() != api::error::kNoSuchJob) throw;
  }
}

json find_job(varlink::Client& client, const std::string& word) {
  if (is_id(word))
    return client.call(api::method::kList, {{"job", {{"id", upper(word)}}}}).at("job");
  if (std::optional<json> job = live_job_named(client, word)) return std::move(*job);
  return search(client, word);
}

json job_reference(varlink::Client& client, const std::string& word) {
  if (is_id(word)) return {{"id", upper(word)}};
  return {{"id", find_job(client, word).at("id")}};
}

json job_parameter(varlink::Client& client, const std::string& word) {
  return {{"job", job_reference(client, word)}};
}

void print_log(varlink::Client& client, const json& parameters) {
  const bool follow = parameters.value("follow", false);
  stream(client, api::method::kReadLog, parameters, [&](const json& reply) {
    const auto bytes = api::base64_decode(reply.at("data").get_ref<const std::string&>());
    if (!bytes) throw Trouble("the daemon's answer is not understood: data is not base64");
    print(*bytes);
    if (follow) flush();
  });
}

std::string job_title(const json& job) {
  const std::string name = text(job, "name");
  const std::string id = text(job, "id");
  return printable(name.empty() ? id : name + " (" + id + ")");
}

}  // namespace coppice::cli
