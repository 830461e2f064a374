// coppice status
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/limit_words.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "config/names.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kTitleWidth = 13;

void field(const Context& context, const std::string& title, const std::string& text) {
  if (text.empty()) return;
  print(context.out.paint(Colour::grey, title + ":") +
        std::string(title.size() + 1 < kTitleWidth ? kTitleWidth - title.size() - 1 : 1, ' ') + text + "\n");
}

std::string time_words(const std::optional<config::Time>& time) {
  if (!time) return "";
  return human_time(time->time_since_epoch().count(), microseconds_now());
}

std::string label_words(const config::Job& job) {
  std::string words;
  for (const auto& [key, value] : job.labels)
    words += (words.empty() ? "" : " ") + printable(key + "=" + value);
  return words;
}

std::string pid_words(const config::Job& job) {
  std::string words;
  for (const int pid : job.main_pids) words += (words.empty() ? "" : " ") + std::to_string(pid);
  return words;
}

std::string lacking_words(const config::Job& job) {
  std::string words;
  for (const std::string& limit : job.lacking) words += (words.empty() ? "" : ", ") + printable(limit);
  return words.empty() ? "" : words + " (coppice explain tells why)";
}

void show_result(const Context& context, const config::Result& result) {
  field(context, "Outcome", context.out.paint(colour_of(result.outcome), ending_of(result)));
  field(context, "Ended", time_words(result.ended_at));
  if (result.usage) field(context, "Used", usage_words(*result.usage));
  if (result.log_dropped.value_or(0) > 0)
    field(context, "Log lost", human_bytes(*result.log_dropped) + " of what it wrote");
  if (result.leftovers.empty()) return;
  field(context, "Leftovers", counted(result.leftovers.size(), "process", "processes") + " outlived the command");
  print(process_lines(result.leftovers, context.out));
}

void show(const Context& context, const config::Job& job) {
  field(context, "Job", context.out.paint(Colour::bold, printable(job.name.value_or(job.id))));
  field(context, "Id", printable(job.id));
  field(context, "Command", printable(command_words(job)));
  const std::string state(config::name_of(job.state));
  const std::string age = age_words(job, microseconds_now());
  field(context, "State", context.out.paint(colour_of(job.state), state) +
                              (age.empty() ? "" : (job.result ? " after " : " for ") + age));
  field(context, "Slice", printable(job.slice));
  if (job.priority) field(context, "Priority", std::to_string(*job.priority));
  field(context, "Labels", label_words(job));
  field(context, "Owner", printable(job.owner));
  if (job.containment) field(context, "Contained", "by " + std::string(config::name_of(*job.containment)));
  field(context, "Main pid", job.result ? "" : pid_words(job));
  field(context, "Started", time_words(job.started_at));
  if (job.attempt > 1) field(context, "Attempt", std::to_string(job.attempt));
  field(context, "Limits", limit_words(job.limits.value_or({})));
  field(context, "Lacks", lacking_words(job));
  field(context, "Lease until", time_words(job.expires_at));
  if (job.result) show_result(context, *job.result);
}

}  // namespace

int execute(const Context& context, const StatusOptions& options) {
  PersistentClient client(target_of(context.common));
  bool first = true;
  for (const std::string& word : options.jobs) {
    const json job = find_job(client, word);
    if (context.common.json) {
      print_object(job);
      continue;
    }
    if (!std::exchange(first, false)) print("\n");
    show(context, api::job_from_json(job));
  }
  return kSuccess;
}

}  // namespace coppice::cli
