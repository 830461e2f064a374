// coppice __complete
#include <unistd.h>

#include <csignal>
#include <exception>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/terminal.h"
#include "config/names.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;
using What = CompleteOptions::What;

// Somebody waits at a prompt: better no proposal than a late one.
constexpr unsigned kSeconds = 5;
constexpr std::int64_t kEndedJobs = 100;
constexpr std::size_t kDescription = 60;

// A line for the shells: the word, a tab, what to show beside it.
class Proposals {
 public:
  explicit Proposals(std::string beginning) : beginning_(std::move(beginning)) {}

  void propose(const std::string& word, const std::string& description = "") {
    if (!word.starts_with(beginning_) || !told_.insert(word).second) return;
    print(word + (description.empty() ? "" : "\t" + shortened(printable(description), kDescription, false)) + "\n");
  }

  bool begun() const { return !beginning_.empty(); }

 private:
  std::string beginning_;
  std::set<std::string> told_;
};

// Whoever gave a job a name uses it; its id is of use to who has begun to type that.
void propose_job(Proposals& proposals, const json& object) {
  const config::Job job = api::job_from_json(object);
  std::string command;
  if (!job.commands.empty())
    for (const std::string& word : job.commands.front().argv) command += (command.empty() ? "" : " ") + word;
  if (job.name) proposals.propose(*job.name, command);
  if (!job.name || proposals.begun()) proposals.propose(job.id, command);
}

void propose_jobs(PersistentClient& client, Proposals& proposals, JobFilter::Which which) {
  JobFilter filter{.which = which};
  if (which == JobFilter::Which::ended) filter.limit = kEndedJobs;
  each_job(client, filter, [&](const json& job) { propose_job(proposals, job); });
}

void propose_slices(PersistentClient& client, Proposals& proposals) {
  client.stream(api::method::kListSlices, [] { return json::object(); }, [&](const json& reply) {
    const auto slice = api::slice_from_json(reply.at("slice"));
    // The slice of all jobs has no name to type.
    if (!slice.name.empty()) proposals.propose(slice.name, std::to_string(slice.live) + " jobs");
  });
}

void propose_signals(Proposals& proposals) {
  for (int number = 1; number < NSIG; ++number)
    if (const std::string name = config::signal_name(number); name.starts_with("SIG")) proposals.propose(name);
}

void propose(const Context& context, What what, Proposals& proposals) {
  if (what == What::signals) return propose_signals(proposals);
  if (what == What::outcomes) {
    for (const std::string_view name : config::names<config::Outcome>()) proposals.propose(std::string(name));
    return;
  }
  const Target target = target_of(context.common);
  // Never one that would be started for this.
  PersistentClient client(target, try_connect(target));
  if (what == What::slices) return propose_slices(client, proposals);
  if (what != What::ended_jobs) propose_jobs(client, proposals, JobFilter::Which::live);
  if (what != What::live_jobs) propose_jobs(client, proposals, JobFilter::Which::ended);
}

}  // namespace

int execute(const Context& context, const CompleteOptions& options) {
  static_cast<void>(std::signal(SIGALRM, [](int) { ::_exit(kSuccess); }));
  static_cast<void>(::alarm(kSeconds));
  Proposals proposals(options.beginning);
  try {
    propose(context, options.what, proposals);
  } catch (const std::exception&) {
    // There is nothing to propose, and a message would land in the middle of what somebody types.
  }
  return kSuccess;
}

}  // namespace coppice::cli
