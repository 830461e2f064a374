// The options of the commands that look at jobs and end them.
#include <chrono>
#include <limits>
#include <memory>

#include "cli/declare.h"
#include "cli/detach_keys.h"
#include "cli/moments.h"
#include "cli/values.h"
#include "config/names.h"

namespace coppice::cli {
namespace {

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();

UsageError missing(const std::string& command, const std::string& what) {
  return UsageError("coppice " + command + " needs " + what +
                    ": coppice ps lists the jobs, coppice " + command + " --help has examples");
}

void require_jobs(const std::string& command, const Words& jobs) {
  if (jobs.empty()) throw missing(command, "a job");
}

void require_none(const std::string& command, const Words& words) {
  if (!words.empty())
    throw UsageError("coppice " + command + " takes no argument such as \"" + words.front() +
                     "\": see coppice " + command + " --help");
}

// Jobs or a slice, never both and never none: "everything" must be said.
void require_target(const std::string& command, const Words& jobs,
                    const std::optional<std::string>& slice) {
  if (slice && !jobs.empty())
    throw UsageError("--slice and \"" + jobs.front() + "\" exclude each other: coppice " + command +
                     " takes jobs or a slice");
  if (!slice && jobs.empty()) throw missing(command, "a job or --slice");
}

template <typename Options>
Finish declare_jobs(CLI::App& app) {
  return [name = app.get_name()](const Words& words) {
    require_jobs(name, words);
    Options options;
    options.jobs = words;
    return Command(std::move(options));
  };
}

template <typename Options>
Finish declare_target(CLI::App& app) {
  const auto slice = std::make_shared<std::optional<std::string>>();
  text_option(app, "--slice", *slice, "SLICE", "every job of the slice and of those below it");
  return [name = app.get_name(), slice](const Words& words) {
    require_target(name, words, *slice);
    Options options;
    options.jobs = words;
    options.slice = *slice;
    return Command(std::move(options));
  };
}

struct Filter {
  std::optional<std::string> slice;
  std::vector<std::string> labels;
};

void declare_filter(CLI::App& app, Filter& filter) {
  text_option(app, "--slice", filter.slice, "SLICE", "only jobs of that slice and of those below it");
  list_option(app, "--label", filter.labels, "KEY=VALUE", "only jobs with that label; repeatable");
}

// One more is asked for.
std::int64_t parse_limit(const std::string& text) { return parse_integer("--limit", text, 1, kMost - 1); }

std::vector<std::string> outcome_names() {
  const auto names = config::names<config::Outcome>();
  return {names.begin(), names.end()};
}

}  // namespace

Finish declare_ps(CLI::App& app) {
  struct State : Filter {
    bool all = false;
    std::optional<std::string> limit;
  };
  const auto state = std::make_shared<State>();
  app.add_flag("-a,--all", state->all, "the latest ended jobs too");
  text_option(app, "--limit", state->limit, "N", "with -a: so many of them; 100 if left out");
  declare_filter(app, *state);
  return [state](const Words& words) {
    require_none("ps", words);
    PsOptions options;
    options.all = state->all;
    if (state->limit && !state->all)
      throw UsageError("--limit is of ended jobs, and coppice ps lists none without -a");
    if (state->limit) options.limit = parse_limit(*state->limit);
    options.slice = state->slice;
    options.labels = parse_labels("--label", state->labels);
    return Command(std::move(options));
  };
}

Finish declare_history(CLI::App& app) {
  struct State : Filter {
    std::optional<std::string> name, since, before, limit;
    std::vector<std::string> outcomes;
  };
  const auto state = std::make_shared<State>();
  text_option(app, "--name", state->name, "NAME", "only jobs of that name");
  declare_filter(app, *state);
  list_option(app, "--outcome", state->outcomes, "OUTCOME", "only jobs that ended so; repeatable");
  text_option(app, "--since", state->since, "TIME", "only jobs that ended then or later: 2h (ago), 2024-05-31, "
              "2024-05-31T12:30");
  text_option(app, "--before", state->before, "TIME", "only jobs that ended earlier");
  text_option(app, "--limit", state->limit, "N", "the latest so many; 100 if left out");
  return [state](const Words& words) {
    require_none("history", words);
    HistoryOptions options;
    options.name = state->name;
    options.slice = state->slice;
    options.labels = parse_labels("--label", state->labels);
    for (const auto& outcome : state->outcomes)
      options.outcomes.push_back(parse_choice("--outcome", outcome, outcome_names()));
    if (state->since) options.since = parse_moment("--since", *state->since);
    if (state->before) options.before = parse_moment("--before", *state->before);
    if (state->limit) options.limit = parse_limit(*state->limit);
    return Command(std::move(options));
  };
}

Finish declare_status(CLI::App& app) { return declare_jobs<StatusOptions>(app); }
Finish declare_tree(CLI::App& app) { return declare_jobs<TreeOptions>(app); }
Finish declare_kill(CLI::App& app) { return declare_target<KillOptions>(app); }
Finish declare_freeze(CLI::App& app) { return declare_target<FreezeOptions>(app); }
Finish declare_thaw(CLI::App& app) { return declare_target<ThawOptions>(app); }

Finish declare_renew(CLI::App& app) {
  const auto quiet = std::make_shared<bool>(false);
  app.add_flag("-q,--quiet", *quiet, "do not tell until when it runs");
  return [quiet](const Words& words) {
    require_jobs("renew", words);
    RenewOptions options;
    options.jobs = words;
    options.quiet = *quiet;
    return Command(std::move(options));
  };
}

Finish declare_attach(CLI::App& app) {
  struct State {
    bool read_only = false, take = false;
    std::optional<std::string> keys;
  };
  const auto state = std::make_shared<State>();
  app.add_flag("--read-only", state->read_only, "look on; Ctrl-C leaves");
  app.add_flag("--take", state->take, "take the keyboard from whoever has it");
  text_option(app, "--detach-keys", state->keys, "KEYS", "leave the job running; ctrl-p,ctrl-q if left out, none if empty");
  return [state](const Words& words) {
    require_jobs("attach", words);
    if (words.size() > 1)
      throw UsageError("coppice attach takes one job, not \"" + words[1] + "\" too: a terminal shows one at a time");
    if (state->read_only && state->take)
      throw UsageError("--take and --read-only exclude each other: who only looks needs no keyboard");
    AttachOptions options;
    options.job = words.front();
    options.read_only = state->read_only;
    options.take = state->take;
    options.detach_keys = parse_detach_keys(state->keys.value_or(kDetachKeys));
    return Command(std::move(options));
  };
}

Finish declare_wait(CLI::App& app) {
  struct State {
    std::optional<std::string> timeout;
    bool quiet = false;
  };
  const auto state = std::make_shared<State>();
  text_option(app, "--timeout", state->timeout, "DURATION", "give up after that long, with exit code 124");
  app.add_flag("-q,--quiet", state->quiet, "say nothing, only exit as the job did");
  return [state](const Words& words) {
    require_jobs("wait", words);
    WaitOptions options;
    options.jobs = words;
    if (state->timeout) options.timeout = parse_duration("--timeout", *state->timeout);
    options.quiet = state->quiet;
    return Command(std::move(options));
  };
}

Finish declare_logs(CLI::App& app) {
  struct State {
    std::optional<std::string> stream, offset, since, tail;
    bool follow = false, error = false, timestamps = false;
  };
  const auto state = std::make_shared<State>();
  app.add_flag("-f,--follow", state->follow, "go on until the job has ended");
  text_option(app, "--since", state->since, "TIME|DURATION", "what was written then and later: 2026-11-26T12:16, or 10m ago");
  text_option(app, "-n,--tail", state->tail, "N", "the last N lines; with --since those of them that are not older");
  app.add_flag("-t,--timestamps", state->timestamps, "begin each line with the time (UTC) when it was written");
  app.add_flag("--error", state->error, "the error stream, where it is kept apart");
  text_option(app, "--stream", state->stream, "output|error",
              "which one; output (if left out) has both unless they are kept apart");
  text_option(app, "--offset", state->offset, "BYTES", "from that byte on; negative counts from the end");
  return [state](const Words& words) {
    require_jobs("logs", words);
    if (words.size() > 1)
      throw UsageError("coppice logs shows one job: leave out \"" + words[1] + "\"");
    if (state->offset && (state->since || state->tail))
      throw UsageError("--offset excludes --since and --tail: they all say where to begin");
    if (state->error && state->stream)
      throw UsageError("--error and --stream exclude each other: --error is short for --stream error");
    LogsOptions options;
    options.job = words.front();
    options.follow = state->follow;
    options.timestamps = state->timestamps;
    if (state->error) options.stream = "error";
    if (state->stream) options.stream = parse_choice("--stream", *state->stream, {"output", "error"});
    if (state->offset) options.offset = parse_integer("--offset", *state->offset, kLeast, kMost);
    if (state->since) options.since = parse_moment("--since", *state->since);
    if (state->tail) options.tail = parse_integer("--tail", *state->tail, 0, kMost);
    return Command(std::move(options));
  };
}

Finish declare_write(CLI::App& app) {
  const auto close = std::make_shared<bool>(false);
  app.add_flag("--close", *close, "then end the job's standard input");
  return [close](const Words& words) {
    require_jobs("write", words);
    if (words.size() > 1)
      throw UsageError("coppice write feeds one job: leave out \"" + words[1] + "\"");
    WriteOptions options;
    options.job = words.front();
    options.close = *close;
    return Command(std::move(options));
  };
}

Finish declare_stop(CLI::App& app) {
  struct State {
    std::optional<std::string> slice, signal, grace;
    bool all = false;
  };
  const auto state = std::make_shared<State>();
  text_option(app, "--slice", state->slice, "SLICE", "every job of the slice and of those below it");
  text_option(app, "--signal", state->signal, "SIGNAL", "the polite signal; the job's own if left out");
  text_option(app, "--grace", state->grace, "DURATION",
              "from the polite signal to the kill; the job's own if left out");
  app.add_flag("--all", state->all, "the polite signal goes to every process of the tree");
  return [state](const Words& words) {
    require_target("stop", words, state->slice);
    StopOptions options;
    options.jobs = words;
    options.slice = state->slice;
    options.stopping = read_stopping(state->signal, state->grace);
    if (state->all) options.stopping.whom = "all";
    return Command(std::move(options));
  };
}

Finish declare_signal(CLI::App& app) {
  const auto all = std::make_shared<bool>(false);
  app.add_flag("--all", *all, "every process of the tree instead of the main one");
  return [all](const Words& words) {
    if (words.size() < 2) throw missing("signal", "a signal and a job");
    SignalOptions options;
    options.signal = parse_signal("signal", words.front());
    options.jobs.assign(words.begin() + 1, words.end());
    options.all = *all;
    return Command(std::move(options));
  };
}

Finish declare_events(CLI::App& app) {
  struct State : Filter {
    std::optional<std::string> since;
  };
  const auto state = std::make_shared<State>();
  declare_filter(app, *state);
  text_option(app, "--since", state->since, "SEQUENCE", "also what came after that event");
  return [state](const Words& words) {
    require_none("events", words);
    EventsOptions options;
    options.slice = state->slice;
    options.labels = parse_labels("--label", state->labels);
    if (state->since) options.since = parse_integer("--since", *state->since, 0, kMost);
    return Command(std::move(options));
  };
}

Finish declare_rm(CLI::App& app) {
  struct State {
    bool all = false;
    std::optional<std::string> older_than;
  };
  const auto state = std::make_shared<State>();
  app.add_flag("--all", state->all, "every job that has ended");
  text_option(app, "--older-than", state->older_than, "DURATION", "every job that ended longer ago");
  return [state](const Words& words) {
    const int ways = (words.empty() ? 0 : 1) + (state->all ? 1 : 0) + (state->older_than ? 1 : 0);
    if (ways == 0) throw missing("rm", "a job, --all or --older-than");
    if (ways > 1) throw UsageError("jobs, --all and --older-than exclude each other: give one of them");
    RmOptions options;
    options.jobs = words;
    options.all = state->all;
    if (state->older_than) options.older_than = parse_duration("--older-than", *state->older_than);
    return Command(std::move(options));
  };
}

}  // namespace coppice::cli
