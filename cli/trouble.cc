#include "cli/trouble.h"

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"
#include "ipc/api/escape.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

// A parameter as text, whatever the daemon sent: a sentence must come out in any case.
std::string text_of(const json& parameters, const char* key) {
  const auto found = parameters.find(key);
  if (found == parameters.end() || found->is_null()) return "";
  return printable(found->is_string() ? found->get<std::string>() : found->dump());
}

// The same for one that the daemon escapes, since it may hold any bytes.
std::string bytes_of(const json& parameters, const char* key) {
  const auto found = parameters.find(key);
  return found != parameters.end() && found->is_string()
             ? printable(api::unescape_bytes(found->get_ref<const std::string&>()))
             : text_of(parameters, key);
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string job_word(const json& parameters) {
  const json reference = parameters.value("job", json::object());
  if (!reference.is_object()) return "";
  const std::string name = text_of(reference, "name");
  return name.empty() ? text_of(reference, "id") : name;
}

// Which option sets a field of the specification.
std::string option_of(const std::string& field) {
  static const std::map<std::string, std::string> options = {
      {"name", "--name"},           {"slice", "--slice"},          {"priority", "--priority"},
      {"labels", "--label"},        {"workingDirectory", "--dir"},
      {"environment", "--env"},     {"user", "--user"},
      {"group", "--group"},         {"umask", "--umask"},
      {"nice", "--nice"},           {"noNewPrivileges", "--no-new-privileges"},
      {"supplementaryGroups", "--supplementary-group"}, {"oomScoreAdjust", "--oom-score-adjust"},
      {"rootDirectory", "--root"},   {"delegate", "--delegate"},
      {"input", "--input"},         {"output", "--output"},
      {"error", "--error"},
      {"limits.rlimits", "--rlimit"}, {"stopping.signal", "--signal"},
      {"stopping.grace", "--grace"}, {"stopping.leftovers", "--leftovers"},
      {"output", "--output"},        {"error", "--error"},
      {"input", "--stdin"},         {"commands", "the command"}};
  const std::string path = field.rfind("spec.", 0) == 0 ? field.substr(5) : field;
  for (const auto& [prefix, option] : options) {
    if (path.rfind(prefix, 0) != 0) continue;
    // Of several variables, labels or limits, which one.
    return path.size() > prefix.size() && path[prefix.size()] == '.' ? option + " " + path.substr(prefix.size() + 1)
                                                                      : option;
  }
  return "";
}

std::string no_such_job(const json& p) {
  return "there is no job " + quoted(job_word(p)) + ": coppice ps -a lists all that are known";
}

std::string no_such_slice(const json& p) {
  return "there is no slice " + quoted(text_of(p, "slice")) + " with live jobs: coppice ps lists them";
}

std::string name_taken(const json& p) {
  const std::string name = text_of(p, "name");
  return "the name " + quoted(name) + " belongs to the live job " + text_of(p, "id") +
         ": choose another, or end that one with coppice stop " + name;
}

std::string invalid_spec(const json& p) {
  const std::string field = bytes_of(p, "field");
  const std::string option = option_of(field);
  return (option.empty() ? field : option) + ": " + bytes_of(p, "reason");
}

std::string start_failed(const json& p) {
  const std::string path = bytes_of(p, "path");
  const std::string message = bytes_of(p, "message");
  std::string sentence = "the job could not be started: " + text_of(p, "step");
  if (!path.empty()) sentence += " " + quoted(path);
  const std::string name = text_of(p, "name");
  if (!message.empty()) return "the job could not be started: " + message + " (" + name + ")";
  return sentence + ": " + name;
}

std::string wrong_state(const json& p) {
  return "the job is " + text_of(p, "state") + ": " + text_of(p, "reason");
}

std::string still_dying(const json& p) {
  std::string sentence = "killed, but still there until the kernel lets it go:";
  const auto stuck = p.find("stuck");
  if (stuck == p.end() || !stuck->is_array()) return sentence;
  for (const json& process : *stuck) {
    const json line = process.value("commandLine", json::array());
    sentence += "\n  " + text_of(process, "pid") + " " +
                printable(line.empty() || !line[0].is_string() ? "" : line[0].get<std::string>()) +
                " waits in " + text_of(process, "waitChannel");
  }
  return sentence;
}

std::string limit_unavailable(const json& p) {
  return "the limit " + text_of(p, "limit") + " cannot be set: " + text_of(p, "reason");
}

std::string containment_unavailable(const json& p) {
  return "jobs cannot be contained as asked: " + text_of(p, "reason");
}

std::string permission_denied(const json& p) { return "permission denied: " + text_of(p, "reason"); }

std::string exhausted(const json& p) {
  return "the daemon has reached its limit of " + text_of(p, "limit") + " for " +
         text_of(p, "resource") + ": try again when some have ended";
}

// One fault a line.
std::string reload_refused(const json& p) {
  std::string sentence = "the settings are wrong, and stay as they were:";
  const auto problems = p.find("problems");
  if (problems == p.end() || !problems->is_array()) return sentence;
  for (const json& problem : *problems)
    if (problem.is_string()) sentence += "\n  " + printable(api::unescape_bytes(problem.get_ref<const std::string&>()));
  return sentence;
}

std::string not_implemented(const json& p) {
  return "this daemon does not carry out " + text_of(p, "method") + " yet";
}

std::string other_version(const json&) {
  return "the daemon is of another version than this coppice: restart it, or use the coppice that came "
         "with it";
}

std::string invalid_parameter(const json& p) {
  return "the daemon refuses the parameter " + quoted(text_of(p, "parameter")) +
         ": is it of another version than this coppice?";
}

using Sentence = std::function<std::string(const json&)>;

const std::map<std::string, Sentence>& sentences() {
  static const std::map<std::string, Sentence> table = {
      {api::error::kNoSuchJob, no_such_job},
      {api::error::kNoSuchSlice, no_such_slice},
      {api::error::kNameTaken, name_taken},
      {api::error::kInvalidSpec, invalid_spec},
      {api::error::kStartFailed, start_failed},
      {api::error::kJobFailed, [](const json&) { return "the job did not succeed"; }},
      {api::error::kWrongState, wrong_state},
      {api::error::kLimitUnavailable, limit_unavailable},
      {api::error::kContainmentUnavailable, containment_unavailable},
      {api::error::kPermissionDenied, permission_denied},
      {api::error::kStillDying, still_dying},
      {api::error::kTimedOut, [](const json&) { return "the time is up and the job goes on"; }},
      {api::error::kExhausted, exhausted},
      {api::error::kShuttingDown, [](const json&) { return "the daemon is shutting down"; }},
      {api::error::kGoverningDenied, permission_denied},
      {api::error::kUpgradeRefused, [](const json& p) { return "not upgraded: " + text_of(p, "reason"); }},
      {api::error::kReloadRefused, reload_refused},
      {"org.varlink.service.MethodNotImplemented", not_implemented},
      {"org.varlink.service.MethodNotFound", other_version},
      {"org.varlink.service.InterfaceNotFound", other_version},
      {"org.varlink.service.InvalidParameter", invalid_parameter},
      {"org.varlink.service.PermissionDenied",
       [](const json&) { return "permission denied: the job or the daemon belongs to somebody else"; }},
  };
  return table;
}

}  // namespace

std::string sentence_of(const varlink::MethodError& error) {
  const auto found = sentences().find(error.name());
  if (found != sentences().end()) return found->second(error.parameters());
  return "the daemon answers " + printable(error.what());
}

}  // namespace coppice::cli
