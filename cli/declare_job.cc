// The options of the commands that make jobs: run and start.
#include <limits>
#include <memory>

#include "cli/declare.h"
#include "cli/values.h"
#include "config/names.h"

namespace coppice::cli {
namespace {

constexpr int kLowestNice = -20;
constexpr int kHighestNice = 19;
constexpr auto kLowestPriority = std::numeric_limits<int>::min();
constexpr auto kHighestPriority = std::numeric_limits<int>::max();

// What the options leave: text, to be read once the whole line is known.
struct JobWords {
  std::optional<std::string> name, slice, priority, directory, user, group, umask, nice;
  std::optional<std::string> signal, grace, leftovers;
  std::vector<std::string> labels, environment, rlimits;
  bool clear_environment = false;
  bool no_new_privileges = false;
};

void declare_place(CLI::App& app, JobWords& words) {
  text_option(app, "--name", words.name, "NAME", "unique among the jobs that are alive");
  text_option(app, "--slice", words.slice, "SLICE", "group of jobs, a path of names: ci/build-42");
  text_option(app, "--priority", words.priority, "N",
              "of the jobs that wait for a slice the highest starts first; 0 if left out");
  list_option(app, "--label", words.labels, "KEY=VALUE", "to find the job by; repeatable");
}

void declare_process(CLI::App& app, JobWords& words) {
  text_option(app, "--dir", words.directory, "DIR", "where the command runs; this directory if left out");
  list_option(app, "--env", words.environment, "NAME[=VALUE]",
              "set a variable, or keep one of here; repeatable");
  app.add_flag("--clear-env", words.clear_environment, "start from an empty environment");
  text_option(app, "--user", words.user, "USER", "run as that user (root only)");
  text_option(app, "--group", words.group, "GROUP", "run with that primary group (root only)");
  text_option(app, "--umask", words.umask, "MASK", "octal; the mask of here if left out");
  text_option(app, "--nice", words.nice, "N", "-20 (greedy) to 19 (modest)");
  list_option(app, "--rlimit", words.rlimits, "NAME=SOFT[:HARD]",
              "a limit of setrlimit(2): nofile=1024:4096, core=unlimited; repeatable");
  app.add_flag("--no-new-privileges", words.no_new_privileges,
               "no program of the job can gain privileges, set-user-ID ones included");
}

void declare_stopping(CLI::App& app, JobWords& words) {
  text_option(app, "--signal", words.signal, "SIGNAL", "the polite signal of a stop; SIGTERM if left out");
  text_option(app, "--grace", words.grace, "DURATION",
              "from the polite signal to the kill; 10s if left out");
  text_option(app, "--leftovers", words.leftovers, "kill|wait",
              "processes that outlive the command: kill them (if left out), or wait for them");
}

RlimitOption checked_rlimit(const std::string& text) {
  RlimitOption limit = parse_rlimit("--rlimit", text);
  if (!config::rlimit_resource(limit.name))
    throw UsageError("--rlimit \"" + text + "\": there is no limit \"" + limit.name +
                     "\", see setrlimit(2) for the names (nofile, nproc, core, as, ...)");
  return limit;
}

JobOptions job_options(const JobWords& words, const Words& command, const char* verb) {
  if (command.empty())
    throw UsageError(std::string("there is no command to ") + verb + ": give it last, as in coppice " +
                     verb + " -- make test");
  JobOptions job;
  job.command = command;
  job.name = words.name;
  job.slice = words.slice;
  if (words.priority)
    job.priority = static_cast<int>(parse_integer("--priority", *words.priority, kLowestPriority, kHighestPriority));
  job.labels = parse_labels("--label", words.labels);
  job.directory = words.directory;
  job.environment = parse_environment("--env", words.environment, words.clear_environment);
  job.user = words.user;
  job.group = words.group;
  if (words.umask) job.umask = parse_umask("--umask", *words.umask);
  if (words.nice)
    job.nice = static_cast<int>(parse_integer("--nice", *words.nice, kLowestNice, kHighestNice));
  job.no_new_privileges = words.no_new_privileges;
  for (const std::string& text : words.rlimits) job.rlimits.push_back(checked_rlimit(text));
  job.stopping = read_stopping(words.signal, words.grace, words.leftovers);
  return job;
}

std::shared_ptr<JobWords> declare_all(CLI::App& app) {
  auto words = std::make_shared<JobWords>();
  declare_place(app, *words);
  declare_process(app, *words);
  declare_stopping(app, *words);
  return words;
}

}  // namespace

Finish declare_run(CLI::App& app) {
  struct Flags {
    bool detach = false, quiet = false;
  };
  const auto flags = std::make_shared<Flags>();
  app.add_flag("-d,--detach", flags->detach, "as coppice start: print the id and leave the job running");
  app.add_flag("-q,--quiet", flags->quiet, "say nothing of leftovers and progress");
  const auto words = declare_all(app);
  return [words, flags](const Words& command) {
    RunOptions options;
    options.job = job_options(*words, command, "run");
    options.detach = flags->detach;
    options.quiet = flags->quiet;
    return Command(std::move(options));
  };
}

Finish declare_start(CLI::App& app) {
  const auto words = declare_all(app);
  return [words](const Words& command) {
    StartOptions options;
    options.job = job_options(*words, command, "start");
    return Command(std::move(options));
  };
}

}  // namespace coppice::cli
