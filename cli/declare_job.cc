// The options of the commands that make jobs, and of the one that shows what would be made: run, start, show.
#include <limits>
#include <memory>

#include "cli/declare.h"
#include "cli/declare_limits.h"
#include "cli/values.h"
#include "config/names.h"

namespace coppice::cli {
namespace {

constexpr int kLowestNice = -20;
constexpr int kHighestNice = 19;
constexpr int kOomScore = 1000;
constexpr auto kLowestPriority = std::numeric_limits<int>::min();
constexpr auto kHighestPriority = std::numeric_limits<int>::max();

// What the options leave: text, to be read once the whole line is known.
struct JobWords {
  std::optional<std::string> name, slice, priority, directory, root, user, group, umask, nice, oom_score;
  std::optional<std::string> input, output, error;
  std::optional<std::string> signal, grace, leftovers;
  std::optional<std::string> file, separator;
  std::vector<std::string> labels, environment, environment_files, rlimits, supplementary_groups;
  LimitWords limits;
  bool clear_environment = false;
  bool append = false;
  bool no_new_privileges = false;
  bool delegate = false;
  bool tty = false;
};

constexpr char kSeparator[] = ":";

void declare_description(CLI::App& app, JobWords& words) {
  text_option(app, "--file", words.file, "FILE",
              "the job as TOML or JSON; options here, and a command, take the place of what it says");
  text_option(app, "--separator", words.separator, "WORD",
              "what separates the commands of a pipeline; : if left out, '' for nothing");
}

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
  list_option(app, "--env-file", words.environment_files, "FILE",
              "set the variables of a file, NAME=VALUE on each line; repeatable");
  app.add_flag("--clear-env", words.clear_environment, "take no variable of here");
  text_option(app, "--root", words.root, "DIR",
              "the job's / (root only); its other paths are inside, relative ones from there");
  text_option(app, "--user", words.user, "USER", "run as that user, a name or a number (root only)");
  text_option(app, "--group", words.group, "GROUP", "run with that primary group (root only)");
  list_option(app, "--supplementary-group", words.supplementary_groups, "GROUP",
              "instead of the user's own further groups (root only); repeatable");
  text_option(app, "--umask", words.umask, "MASK", "octal; the mask of here if left out");
  text_option(app, "--nice", words.nice, "N", "-20 (greedy) to 19 (modest)");
  text_option(app, "--oom-score-adjust", words.oom_score, "N",
              "-1000 (spared) to 1000 (first to go) when memory is short");
  list_option(app, "--rlimit", words.rlimits, "NAME=SOFT[:HARD]",
              "a limit of setrlimit(2): nofile=1024:4096, core=unlimited; repeatable");
  app.add_flag("--no-new-privileges", words.no_new_privileges,
               "no program of the job can gain privileges, set-user-ID ones included");
  app.add_flag("--delegate", words.delegate, "let the job make cgroups of its own below its own");
}

void declare_terminal(CLI::App& app, JobWords& words) {
  app.add_flag("-t,--tty", words.tty, "give the job a terminal of its own, see coppice attach");
}

void declare_stopping(CLI::App& app, JobWords& words) {
  text_option(app, "--signal", words.signal, "SIGNAL", "the polite signal of a stop; SIGTERM if left out");
  text_option(app, "--grace", words.grace, "DURATION",
              "from the polite signal to the kill; 10s if left out");
  text_option(app, "--leftovers", words.leftovers, "kill|wait",
              "processes that outlive the command: kill them (if left out), or wait for them");
}

void declare_streams(CLI::App& app, JobWords& words) {
  text_option(app, "--input", words.input, "null|FILE", "FILE: a path with a slash, or file:NAME; opened by the job");
  text_option(app, "--output", words.output, "log|null|journal|FILE",
              "where standard output goes; see below if left out. A file is made if missing, and emptied");
  text_option(app, "--error", words.error, "log|null|journal|FILE", "the same for standard error");
  app.add_flag("--append", words.append, "add to the files of --output and --error");
}

RlimitOption checked_rlimit(const std::string& text) {
  RlimitOption limit = parse_rlimit("--rlimit", text);
  if (!config::rlimit_resource(limit.name))
    throw UsageError("--rlimit \"" + text + "\": there is no limit \"" + limit.name +
                     "\", see setrlimit(2) for the names (nofile, nproc, core, as, ...)");
  return limit;
}

void take_streams(const JobWords& words, JobOptions& job) {
  const std::vector<std::string> kept = {"log", "null", "journal"};
  if (words.input) job.input = parse_stream("--input", *words.input, {"null"});
  if (words.output) job.output = parse_stream("--output", *words.output, kept);
  if (words.error) job.error = parse_stream("--error", *words.error, kept);
  job.append = words.append;
  const auto is_file = [](const auto& stream) { return stream && stream->kind == "file"; };
  if (job.append && !is_file(job.output) && !is_file(job.error))
    throw UsageError("--append adds to a file: give --output FILE or --error FILE too, or leave it out");
}

JobOptions job_options(const JobWords& words, const Words& command, const char* verb) {
  if (command.empty() && !words.file)
    throw UsageError(std::string("there is no command to ") + verb + ": give it last, as in coppice " +
                     verb + " -- make test");
  JobOptions job;
  job.file = words.file;
  if (!command.empty()) job.commands = parse_pipeline(command, words.separator.value_or(kSeparator));
  job.name = words.name;
  job.slice = words.slice;
  if (words.priority)
    job.priority = static_cast<int>(parse_integer("--priority", *words.priority, kLowestPriority, kHighestPriority));
  job.labels = parse_labels("--label", words.labels);
  job.directory = words.directory;
  job.environment = parse_environment("--env", words.environment, words.clear_environment);
  job.environment.files = words.environment_files;
  job.user = words.user;
  job.group = words.group;
  if (!words.supplementary_groups.empty()) job.supplementary_groups = words.supplementary_groups;
  job.root = words.root;
  if (words.oom_score)
    job.oom_score_adjust = static_cast<int>(
        parse_integer("--oom-score-adjust", *words.oom_score, -kOomScore, kOomScore));
  take_streams(words, job);
  if (words.umask) job.umask = parse_umask("--umask", *words.umask);
  if (words.nice)
    job.nice = static_cast<int>(parse_integer("--nice", *words.nice, kLowestNice, kHighestNice));
  job.no_new_privileges = words.no_new_privileges;
  job.delegate = words.delegate;
  job.tty = words.tty;
  for (const std::string& text : words.rlimits) job.rlimits.push_back(checked_rlimit(text));
  job.stopping = read_stopping(words.signal, words.grace, words.leftovers);
  read_limits(words.limits, job);
  return job;
}

std::shared_ptr<JobWords> declare_all(CLI::App& app) {
  auto words = std::make_shared<JobWords>();
  declare_description(app, *words);
  declare_place(app, *words);
  declare_process(app, *words);
  declare_streams(app, *words);
  declare_limits(app, words->limits);
  declare_lifetime(app, words->limits);
  declare_restart(app, words->limits);
  declare_terminal(app, *words);
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
  const auto fed = std::make_shared<bool>(false);
  app.add_flag("--stdin", *fed, "keep standard input open for coppice write; it is empty if left out");
  const auto words = declare_all(app);
  return [words, fed](const Words& command) {
    StartOptions options;
    options.job = job_options(*words, command, "start");
    options.fed = *fed;
    return Command(std::move(options));
  };
}

Finish declare_show(CLI::App& app) {
  const auto words = declare_all(app);
  return [words](const Words& command) {
    ShowOptions options;
    options.job = job_options(*words, command, "show");
    return Command(std::move(options));
  };
}

}  // namespace coppice::cli
