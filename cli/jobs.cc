#include "cli/jobs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "cli/log_printer.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
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
// Ended jobs that one beginning of an id is compared with: to tell that it is not enough.
constexpr int kLooked = 100;
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
  const bool ended = filter.which == JobFilter::Which::ended;
  for (const std::string_view name : config::names<config::State>())
    if (ended == (name == config::name_of(config::State::ended))) states.push_back(name);
  return states;
}

std::optional<json> live_job_named(PersistentClient& client, const std::string& name) {
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

std::string bytes_of(const json& piece) {
  auto bytes = api::base64_decode(piece.at("data").get_ref<const std::string&>());
  if (!bytes) throw Trouble("the daemon's answer is not understood: data is not base64");
  return std::move(*bytes);
}

// The latest job of that name that has ended.
std::optional<json> ended_job_named(PersistentClient& client, const std::string& name) {
  std::optional<json> found;
  if (!config::name_fault(name).empty()) return found;
  each_ended(client, {{"name", name}, {"limit", 1}}, [&](const json& job) { found = job; });
  return found;
}

// Live ones and those of the history.
std::vector<json> jobs_begun(PersistentClient& client, const std::string& word) {
  std::vector<json> begun;
  if (!may_begin_id(word)) return begun;
  const std::string beginning = upper(word);
  each_ended(client, {{"begins", beginning}, {"limit", kLooked}}, [&](const json& job) { begun.push_back(job); });
  each_job(client, {}, [&](const json& job) {
    // One that has ended meanwhile is there already.
    const auto same = [&](const json& other) { return text(other, "id") == text(job, "id"); };
    if (text(job, "id").starts_with(beginning) && std::none_of(begun.begin(), begun.end(), same)) begun.push_back(job);
  });
  return begun;
}

json search(PersistentClient& client, const std::string& word) {
  if (std::optional<json> named = ended_job_named(client, word)) return std::move(*named);
  std::vector<json> begun = jobs_begun(client, word);
  if (begun.size() > 1) ambiguous(word, begun);
  if (begun.empty())
    throw Trouble("there is no job \"" + printable(word) + "\": coppice ps -a lists all that are known");
  return begun.front();
}

// Varlink has no empty sequence of replies: of none there is an error.
void each_of(PersistentClient& client, std::string_view method, const json& parameters,
             const std::function<void(const json&)>& each) {
  // Of a list that was broken off: it is asked for from the beginning.
  std::set<std::string> told;
  try {
    client.stream(method, [&] { return parameters; }, [&](const json& reply) {
      const auto job = reply.find("job");
      if (job != reply.end() && job->is_object() && told.insert(text(*job, "id")).second) each(*job);
    });
  } catch (const varlink::MethodError& error) {
    if (error.name() != api::error::kNoSuchJob) throw;
  }
}

}  // namespace

void each_job(PersistentClient& client, const JobFilter& filter,
              const std::function<void(const json&)>& each) {
  json parameters = {{"states", states_of(filter)}};
  if (filter.slice) parameters["slice"] = *filter.slice;
  if (!filter.labels.empty()) parameters["labels"] = filter.labels;
  if (filter.limit) parameters["limit"] = *filter.limit;
  if (filter.usage) parameters["usage"] = true;
  each_of(client, api::method::kList, parameters, each);
}

void each_ended(PersistentClient& client, const json& parameters, const std::function<void(const json&)>& each) {
  each_of(client, api::method::kHistory, parameters, each);
}

json find_job(PersistentClient& client, const std::string& word) {
  if (is_id(word))
    return client.call(api::method::kList, {{"job", {{"id", upper(word)}}}}).at("job");
  if (std::optional<json> job = live_job_named(client, word)) return std::move(*job);
  return search(client, word);
}

json job_reference(PersistentClient& client, const std::string& word) {
  if (is_id(word)) return {{"id", upper(word)}};
  return {{"id", find_job(client, word).at("id")}};
}

json job_parameter(PersistentClient& client, const std::string& word) {
  return {{"job", job_reference(client, word)}};
}

void read_log(PersistentClient& client, json parameters, const std::function<void(const json&)>& each) {
  const bool follow = parameters.value("follow", false);
  client.stream(api::method::kReadLog, [&] { return parameters; }, [&](const json& reply) {
    each(reply);
    if (follow) flush();
    parameters.erase("since");
    parameters.erase("tail");
    parameters["offset"] = reply.at("offset").get<std::int64_t>() + static_cast<std::int64_t>(bytes_of(reply).size());
  });
}

void print_log(PersistentClient& client, json parameters) {
  LogPrinter printer(parameters.value("timed", false));
  read_log(client, std::move(parameters), [&printer](const json& piece) { printer.take(piece); });
}

std::string job_title(const json& job) {
  const std::string name = text(job, "name");
  const std::string id = text(job, "id");
  return printable(name.empty() ? id : name + " (" + id + ")");
}

}  // namespace coppice::cli
