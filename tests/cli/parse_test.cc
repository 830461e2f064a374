// The command line: what is understood, and how what is not is refused.
#include "cli/parse.h"

#include <gtest/gtest.h>

#include "cli/values.h"

namespace coppice::cli {
namespace {

using Words = std::vector<std::string>;
using Pipeline = std::vector<Words>;

CommandLine line_of(const Words& words) { return std::get<CommandLine>(parse(words)); }

template <typename Options>
Options options_of(const Words& words) {
  return std::get<Options>(line_of(words).command);
}

std::string help_of(const Words& words) { return std::get<Answer>(parse(words)).text; }

// The sentence with which these words are refused.
std::string refusal_of(const Words& words) {
  try {
    static_cast<void>(parse(words));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Parse, everything_behind_the_mark_is_the_command) {
  const auto run = options_of<RunOptions>({"run", "--", "sh", "-c", "exit 3", "--", "--json"});
  EXPECT_EQ(run.job.commands, (Pipeline{Words{"sh", "-c", "exit 3", "--", "--json"}}));
}

TEST(Parse, a_command_needs_no_mark) {
  const auto run = options_of<RunOptions>({"run", "--name", "x", "ls", "-l", "--name", "y"});
  EXPECT_EQ(run.job.commands, (Pipeline{Words{"ls", "-l", "--name", "y"}}));
  EXPECT_EQ(run.job.name, "x");
}

TEST(Parse, a_mark_of_the_command_itself_stays_with_it) {
  const auto run = options_of<RunOptions>({"run", "git", "checkout", "--", "file"});
  EXPECT_EQ(run.job.commands, (Pipeline{Words{"git", "checkout", "--", "file"}}));
}

TEST(Parse, empty_arguments_of_the_command_are_kept) {
  EXPECT_EQ(options_of<RunOptions>({"run", "--", "printf", ""}).job.commands, (Pipeline{Words{"printf", ""}}));
}

TEST(Parse, a_command_that_begins_with_a_dash_can_be_named_behind_the_mark) {
  EXPECT_EQ(options_of<RunOptions>({"run", "--", "-odd"}).job.commands, (Pipeline{Words{"-odd"}}));
}

TEST(Parse, a_word_that_is_the_separator_divides_the_commands_of_a_pipeline) {
  EXPECT_EQ(options_of<RunOptions>({"run", "--", "a", "1", ":", "b", ":", "c", "::", "x:y"}).job.commands,
            (Pipeline{{"a", "1"}, {"b"}, {"c", "::", "x:y"}}));
  EXPECT_EQ(options_of<StartOptions>({"start", "a", ":", "b"}).job.commands, (Pipeline{{"a"}, {"b"}}));
}

TEST(Parse, the_separator_can_be_another_or_none) {
  EXPECT_EQ(options_of<RunOptions>({"run", "--separator", "|", "--", "a", ":", "|", "b"}).job.commands,
            (Pipeline{{"a", ":"}, {"b"}}));
  EXPECT_EQ(options_of<RunOptions>({"run", "--separator", "", "--", "sh", "-c", ":", ""}).job.commands,
            (Pipeline{{"sh", "-c", ":", ""}}));
}

TEST(Parse, an_empty_command_of_a_pipeline_is_refused) {
  EXPECT_EQ(refusal_of({"run", "--", "a", ":", ":", "b"}),
            "command 2 of the pipeline is empty: give one on each side of \":\", or say --separator WORD if that is no "
            "separator (--separator '' for none)");
  EXPECT_TRUE(contains(refusal_of({"run", "--", ":", "b"}), "command 1 of the pipeline is empty"));
  EXPECT_TRUE(contains(refusal_of({"run", "--", "a", ":"}), "command 2 of the pipeline is empty"));
}

TEST(Parse, files_of_jobs_and_of_variables_arrive) {
  const auto run = options_of<RunOptions>(
      {"run", "--file", "job.toml", "--env-file", "a", "--env-file", "b", "--env", "X=1"});
  EXPECT_EQ(run.job.file, "job.toml");
  EXPECT_TRUE(run.job.commands.empty());
  EXPECT_EQ(run.job.environment.files, (Words{"a", "b"}));
  EXPECT_EQ(options_of<StartOptions>({"start", "--file", "job.toml", "--", "x"}).job.commands, (Pipeline{{"x"}}));
}

TEST(Parse, show_takes_what_makes_a_job) {
  const auto show = options_of<ShowOptions>({"show", "--file", "job.toml", "--name", "x", "--", "make", "--json"});
  EXPECT_EQ(show.job.file, "job.toml");
  EXPECT_EQ(show.job.name, "x");
  EXPECT_EQ(show.job.commands, (Pipeline{{"make", "--json"}}));
  EXPECT_TRUE(contains(refusal_of({"show"}), "no command to show"));
}

TEST(Values, sizes_are_bytes_with_units_of_1024) {
  EXPECT_EQ(parse_size("--x", "0"), 0);
  EXPECT_EQ(parse_size("--x", "4096"), 4096);
  EXPECT_EQ(parse_size("--x", "512K"), 512 << 10);
  EXPECT_EQ(parse_size("--x", "1.5MiB"), 3 << 19);
  EXPECT_EQ(parse_size("--x", "2G"), std::int64_t{2} << 30);
  EXPECT_EQ(parse_size("--x", "1T"), std::int64_t{1} << 40);
  for (const char* wrong : {"", "G", "2 G", "2g", "2GB", "-1", "1e3", "2GiB ", "1..5", "9999999T", "iB", "2iB"})
    EXPECT_THROW(static_cast<void>(parse_size("--x", wrong)), UsageError) << wrong;
}

TEST(Parse, every_option_of_a_job_arrives) {
  const auto job = options_of<StartOptions>(
                       {"start", "--name", "n", "--slice", "a/b", "--priority", "-7", "--label", "k=v", "--label", "l=w=x",
                        "--dir", "/d", "--env", "A=1", "--env", "B", "--env", "C=", "--clear-env",
                        "--user", "u", "--group", "g", "--umask", "027", "--nice", "-5", "--signal",
                        "hup", "--grace", "1m30s", "--leftovers", "wait", "--no-new-privileges", "--delegate",
                        "--rlimit", "nofile=10:20", "--rlimit", "core=unlimited", "--root", "r",
                        "--supplementary-group", "h", "--supplementary-group", "7", "--oom-score-adjust",
                        "-500", "--input", "./in", "--output", "file:out", "--error", "/err", "--append",
                        "--", "x"})
                       .job;
  EXPECT_EQ(job.name, "n");
  EXPECT_EQ(job.slice, "a/b");
  EXPECT_EQ(job.priority, -7);
  EXPECT_EQ(job.labels, (std::map<std::string, std::string>{{"k", "v"}, {"l", "w=x"}}));
  EXPECT_EQ(job.directory, "/d");
  EXPECT_TRUE(job.environment.clear);
  EXPECT_EQ(job.environment.keep, Words{"B"});
  ASSERT_EQ(job.environment.set.size(), 2u);
  EXPECT_EQ(job.environment.set[1], std::make_pair(std::string("C"), std::string()));
  EXPECT_EQ(job.user, "u");
  EXPECT_EQ(job.group, "g");
  EXPECT_EQ(job.umask, 027);
  EXPECT_EQ(job.nice, -5);
  EXPECT_EQ(job.stopping.signal, "SIGHUP");
  EXPECT_EQ(job.stopping.grace, Milliseconds(90'000));
  EXPECT_EQ(job.stopping.leftovers, "wait");
  EXPECT_TRUE(job.no_new_privileges);
  EXPECT_TRUE(job.delegate);
  ASSERT_EQ(job.rlimits.size(), 2u);
  EXPECT_EQ(job.rlimits[0].soft, 10);
  EXPECT_EQ(job.rlimits[0].hard, 20);
  EXPECT_EQ(job.rlimits[1].soft, std::nullopt);
  EXPECT_EQ(job.root, "r");
  EXPECT_EQ(job.supplementary_groups, (Words{"h", "7"}));
  EXPECT_EQ(job.oom_score_adjust, -500);
  ASSERT_TRUE(job.input && job.output && job.error);
  EXPECT_EQ(job.input->path, "./in");
  EXPECT_EQ(job.output->path, "out");
  EXPECT_EQ(job.error->path, "/err");
  EXPECT_TRUE(job.append);
}

TEST(Parse, a_stream_is_a_file_only_where_that_is_certain) {
  EXPECT_EQ(parse_stream("--output", "log", {"log"}).kind, "log");
  EXPECT_EQ(parse_stream("--output", "file:log", {"log"}).path, "log");
  EXPECT_EQ(parse_stream("--output", "./log", {"log"}).path, "./log");
  for (const char* text : {"build.log", "file:", ""}) {
    const std::string refusal = refusal_of({"start", "--output", text, "x"});
    EXPECT_TRUE(contains(refusal, "--output") && contains(refusal, "./NAME")) << refusal;
  }
  EXPECT_TRUE(contains(refusal_of({"start", "--append", "x"}), "--output FILE"));
}

TEST(Parse, streams_of_a_job_arrive) {
  const auto start = options_of<StartOptions>({"start", "--stdin", "--output", "journal", "--error", "null", "cat"});
  EXPECT_TRUE(start.fed);
  EXPECT_EQ(start.job.output.value().kind, "journal");
  EXPECT_EQ(start.job.error.value().kind, "null");
  const auto run = options_of<RunOptions>({"run", "--output", "log", "true"});
  EXPECT_EQ(run.job.output.value().kind, "log");
  EXPECT_FALSE(run.job.error);
  EXPECT_FALSE(options_of<StartOptions>({"start", "true"}).fed);
  EXPECT_TRUE(contains(refusal_of({"start", "--output", "nowhere", "true"}), "give log, or null, or journal, or a file"));
}

TEST(Parse, what_ends_a_job_unasked_arrives) {
  const auto job = options_of<RunOptions>({"run", "--timeout", "10", "--silence", "1.5s", "--cpu-time", "2m", "--lease",
                                           "30s", "--", "x"})
                       .job;
  EXPECT_EQ(job.limits.wall_time, Milliseconds(10'000));
  EXPECT_EQ(job.limits.silence, Milliseconds(1'500));
  EXPECT_EQ(job.limits.cpu_time, Milliseconds(120'000));
  EXPECT_EQ(job.lease, Milliseconds(30'000));
  EXPECT_EQ(options_of<StartOptions>({"start", "--until-exit-of", "42", "--", "x"}).job.until_exit_of, 42);
  EXPECT_EQ(options_of<RenewOptions>({"renew", "a", "b"}).jobs, (Words{"a", "b"}));
}

TEST(Parse, what_restarts_a_job_arrives) {
  const auto restart = options_of<RunOptions>({"run", "--restart", "on-failure", "--restart-delay", "1", "--restart-max-delay",
                                               "1m", "--restart-attempts", "5", "--restart-reset", "10m", "--", "x"})
                           .job.restart;
  EXPECT_EQ(restart.policy, "on-failure");
  EXPECT_EQ(restart.delay, Milliseconds(1'000));
  EXPECT_EQ(restart.max_delay, Milliseconds(60'000));
  EXPECT_EQ(restart.max_attempts, 5);
  EXPECT_EQ(restart.reset_after, Milliseconds(600'000));
  EXPECT_TRUE(contains(refusal_of({"run", "--restart", "maybe", "--", "x"}), "--restart"));
  EXPECT_TRUE(contains(refusal_of({"run", "--restart-delay", "1", "--", "x"}), "without --restart"));
}

TEST(Parse, what_ends_a_job_unasked_makes_sense) {
  EXPECT_TRUE(contains(refusal_of({"run", "--timeout", "0", "--", "x"}), "--timeout"));
  EXPECT_TRUE(contains(refusal_of({"run", "--lease", "1s", "--until-exit-of", "1", "--", "x"}), "exclude"));
  EXPECT_TRUE(contains(refusal_of({"start", "--until-exit-of", "me", "--", "x"}), "--until-exit-of"));
  EXPECT_TRUE(contains(refusal_of({"renew"}), "needs a job"));
}

TEST(Parse, common_options_stand_before_or_behind_the_command) {
  EXPECT_EQ(line_of({"--socket", "/a", "--json", "ps"}).common.socket, "/a");
  EXPECT_TRUE(line_of({"--json", "ps"}).common.json);
  EXPECT_EQ(line_of({"ps", "--socket=/b"}).common.socket, "/b");
  EXPECT_TRUE(line_of({"kill", "--json", "x"}).common.json);
}

TEST(Parse, run_has_short_flags) {
  const auto run = options_of<RunOptions>({"run", "-dq", "true"});
  EXPECT_TRUE(run.detach);
  EXPECT_TRUE(run.quiet);
}

TEST(Parse, history_takes_filters_and_times_that_people_write) {
  const auto history = options_of<HistoryOptions>({"history", "--name", "n", "--slice", "ci", "--label", "a=1", "--outcome",
                                                   "failed", "--outcome", "lost", "--since", "2024-05-31T12:30:05Z",
                                                   "--before", "2024-05-31 12:31Z", "--limit", "7"});
  EXPECT_EQ(history.name, "n");
  EXPECT_EQ(history.slice, "ci");
  EXPECT_EQ(history.labels.at("a"), "1");
  EXPECT_EQ(history.outcomes, (Words{"failed", "lost"}));
  EXPECT_EQ(history.since, 1'717'158'605'000'000);
  EXPECT_EQ(history.before, 1'717'158'660'000'000);
  EXPECT_EQ(history.limit, 7);
  EXPECT_EQ(options_of<HistoryOptions>({"history"}).limit, 100);
  for (const char* wrong : {"2024-02-30", "2024-13-01", "2024-05-31T25:00", "2024-05-31x", "yesterday", "-"})
    EXPECT_NE(refusal_of({"history", "--since", wrong}).find("--since"), std::string::npos);
  EXPECT_NE(refusal_of({"history", "--outcome", "good"}).find("--outcome"), std::string::npos);
  EXPECT_NE(refusal_of({"history", "--limit", "0"}).find("--limit"), std::string::npos);
  EXPECT_NE(refusal_of({"ps", "--limit", "5"}).find("-a"), std::string::npos);
  EXPECT_EQ(options_of<PsOptions>({"ps", "-a", "--limit", "5"}).limit, 5);
}

TEST(Parse, control_commands_take_what_they_need) {
  EXPECT_TRUE(options_of<PsOptions>({"ps", "-a"}).all);
  EXPECT_EQ(options_of<StatusOptions>({"status", "a", "b"}).jobs, (Words{"a", "b"}));
  EXPECT_EQ(options_of<WaitOptions>({"wait", "--timeout", "2s", "a"}).timeout, Milliseconds(2000));
  EXPECT_TRUE(options_of<LogsOptions>({"logs", "-f", "a"}).follow);
  EXPECT_EQ(options_of<LogsOptions>({"logs", "--offset", "-10", "a"}).offset, -10);
  EXPECT_TRUE(options_of<WriteOptions>({"write", "--close", "a"}).close);
  EXPECT_EQ(options_of<WriteOptions>({"write", "a"}).job, "a");
  EXPECT_EQ(options_of<StopOptions>({"stop", "--slice", "ci"}).slice, "ci");
  EXPECT_EQ(options_of<KillOptions>({"kill", "a"}).jobs, Words{"a"});
  EXPECT_EQ(options_of<SignalOptions>({"signal", "9", "a"}).signal, "SIGKILL");
  EXPECT_EQ(options_of<FreezeOptions>({"freeze", "a"}).jobs, Words{"a"});
  EXPECT_EQ(options_of<ThawOptions>({"thaw", "a"}).jobs, Words{"a"});
  EXPECT_EQ(options_of<TreeOptions>({"tree", "a"}).jobs, Words{"a"});
  EXPECT_EQ(options_of<EventsOptions>({"events", "--since", "7"}).since, 7);
  EXPECT_EQ(options_of<RmOptions>({"rm", "--older-than", "1d"}).older_than, std::chrono::days(1));
}

TEST(Parse, a_log_is_read_from_a_time_or_its_last_lines_on) {
  const auto logs = options_of<LogsOptions>({"logs", "a", "--since", "2026-11-26T12:16:06.5Z", "-n", "7", "-t", "--error"});
  EXPECT_EQ(logs.since, 1795695366500000);
  EXPECT_EQ(logs.tail, 7);
  EXPECT_TRUE(logs.timestamps);
  EXPECT_EQ(logs.stream, "error");
  EXPECT_FALSE(options_of<LogsOptions>({"logs", "a"}).timestamps);
  EXPECT_TRUE(contains(refusal_of({"logs", "--offset", "1", "--tail", "1", "a"}), "--offset excludes"));
  EXPECT_TRUE(contains(refusal_of({"logs", "--stream", "error", "--error", "a"}), "exclude each other"));
  EXPECT_TRUE(contains(refusal_of({"logs", "--tail", "-1", "a"}), "--tail"));
}

TEST(Parse, a_slice_is_bounded_and_slices_are_listed) {
  const auto set = options_of<SliceSetOptions>({"slice", "set", "ci", "--jobs", "4"});
  EXPECT_EQ(set.slice, "ci");
  EXPECT_EQ(set.max_jobs, 4);
  EXPECT_EQ(options_of<SliceSetOptions>({"slice", "set", "--jobs=unlimited", "ci"}).max_jobs, std::nullopt);
  EXPECT_EQ(options_of<SliceSetOptions>({"slice", "set", "", "--jobs", "2"}).slice, "");
  EXPECT_EQ(options_of<SliceListOptions>({"slice", "list"}).slice, std::nullopt);
  EXPECT_EQ(options_of<SliceListOptions>({"slice", "ls", "ci"}).slice, "ci");
  EXPECT_EQ(refusal_of({"slice", "set", "ci", "--jobs", "0"}).rfind("--jobs \"0\" is not understood", 0), 0u);
  EXPECT_TRUE(contains(refusal_of({"slice"}), "set or list"));
  EXPECT_TRUE(contains(refusal_of({"slice", "drop", "ci"}), "not \"drop\""));
  EXPECT_TRUE(contains(refusal_of({"slice", "set", "ci"}), "--jobs N"));
  EXPECT_TRUE(contains(refusal_of({"slice", "set", "--jobs", "1"}), "one slice"));
  EXPECT_TRUE(contains(refusal_of({"slice", "list", "--jobs", "1"}), "takes no --jobs"));
}

TEST(Parse, the_daemon_is_upgraded_and_reloaded) {
  static_cast<void>(options_of<DaemonUpgradeOptions>({"daemon", "upgrade"}));
  static_cast<void>(options_of<DaemonReloadOptions>({"daemon", "reload"}));
  EXPECT_TRUE(contains(refusal_of({"daemon"}), "the word upgrade or reload"));
  EXPECT_TRUE(contains(refusal_of({"daemon", "halt"}), "not \"halt\""));
  EXPECT_TRUE(contains(refusal_of({"daemon", "reload", "now"}), "takes nothing more"));
}

TEST(Parse, a_terminal_is_asked_for_and_attached_to) {
  EXPECT_TRUE(options_of<RunOptions>({"run", "-t", "sh"}).job.tty);
  EXPECT_TRUE(options_of<StartOptions>({"start", "--tty", "sh"}).job.tty);
  const auto attach = options_of<AttachOptions>({"attach", "--take", "--detach-keys", "ctrl-],d", "web"});
  EXPECT_EQ(attach.job, "web");
  EXPECT_TRUE(attach.take);
  EXPECT_EQ(attach.detach_keys, "\x1d" "d");
  EXPECT_EQ(options_of<AttachOptions>({"attach", "web"}).detach_keys, "\x10\x11");
  EXPECT_EQ(options_of<AttachOptions>({"attach", "--detach-keys", "", "web"}).detach_keys, "");
  EXPECT_TRUE(contains(refusal_of({"attach"}), "coppice attach needs a job"));
  EXPECT_TRUE(contains(refusal_of({"attach", "a", "b"}), "takes one job"));
  EXPECT_TRUE(contains(refusal_of({"attach", "--take", "--read-only", "a"}), "exclude each other"));
}

TEST(Parse, options_may_follow_the_job) {
  const auto logs = options_of<LogsOptions>({"logs", "web", "-f"});
  EXPECT_EQ(logs.job, "web");
  EXPECT_TRUE(logs.follow);
  EXPECT_TRUE(line_of({"kill", "web", "--json"}).common.json);
}

TEST(Parse, a_job_whose_name_looks_like_an_option_stands_behind_the_mark) {
  EXPECT_EQ(options_of<KillOptions>({"kill", "--", "-x"}).jobs, Words{"-x"});
}

TEST(Parse, refusals_name_the_option_and_the_remedy) {
  EXPECT_EQ(refusal_of({"run", "--umask", "9", "true"}),
            "--umask \"9\" is not understood: give three octal digits such as 022");
  EXPECT_EQ(refusal_of({"run", "--nice", "20", "true"}),
            "--nice \"20\" is not understood: give a whole number from -20 to 19");
  EXPECT_EQ(refusal_of({"run", "--grace", "soon", "true"}),
            "--grace \"soon\" is not understood: give a duration such as 10s, 250ms, 1m30s or 2h");
  EXPECT_EQ(refusal_of({"run", "--signal", "FOO", "true"}),
            "--signal \"FOO\" is not understood: give a signal such as TERM, HUP or 9");
  EXPECT_EQ(refusal_of({"run", "--leftovers", "keep", "true"}),
            "--leftovers \"keep\" is not understood: give kill or wait");
  EXPECT_EQ(refusal_of({"run", "--label", "x", "true"}),
            "--label \"x\" is not understood: give KEY=VALUE");
  EXPECT_TRUE(contains(refusal_of({"run", "--rlimit", "files=1", "true"}), "no limit \"files\""));
  EXPECT_TRUE(contains(refusal_of({"run", "--rlimit", "nofile=", "true"}), "NAME=SOFT[:HARD]"));
  EXPECT_TRUE(contains(refusal_of({"run", "--env", "=x", "true"}), "NAME=VALUE"));
}

TEST(Parse, what_is_missing_is_named) {
  EXPECT_TRUE(contains(refusal_of({"run"}), "no command to run"));
  EXPECT_TRUE(contains(refusal_of({"run", "--"}), "no command to run"));
  EXPECT_TRUE(contains(refusal_of({"kill"}), "coppice kill needs a job or --slice"));
  EXPECT_TRUE(contains(refusal_of({"write"}), "coppice write needs a job"));
  EXPECT_TRUE(contains(refusal_of({"write", "a", "b"}), "leave out \"b\""));
  EXPECT_TRUE(contains(refusal_of({"signal", "TERM"}), "needs a signal and a job"));
  EXPECT_TRUE(contains(refusal_of({"rm"}), "--older-than"));
  EXPECT_TRUE(contains(refusal_of({"kill", "--slice", "a", "b"}), "exclude each other"));
  EXPECT_TRUE(contains(refusal_of({"run", "--name"}), "--name"));
}

TEST(Parse, what_is_unknown_is_named) {
  EXPECT_EQ(refusal_of({"fly"}), "there is no command \"fly\": coppice --help lists them");
  EXPECT_EQ(refusal_of({"run", "--colour", "true"}),
            "there is no option \"--colour\" of coppice run: see coppice run --help");
  EXPECT_TRUE(contains(refusal_of({"ps", "x"}), "takes no argument"));
  EXPECT_TRUE(contains(refusal_of({"--colour"}), "--colour"));
  EXPECT_TRUE(contains(refusal_of({"status", "a", "--colour"}), "--colour"));
}

TEST(Parse, help_teaches_with_examples) {
  EXPECT_TRUE(contains(help_of({}), "coppice run -- make test"));
  EXPECT_TRUE(contains(help_of({"--help"}), "freeze"));
  for (const char* command : {"run", "start", "attach", "ps", "status", "wait", "logs", "write", "stop", "kill", "signal",
                              "freeze", "thaw", "tree", "events", "rm", "slice"}) {
    const std::string help = help_of({command, "--help"});
    EXPECT_TRUE(contains(help, std::string("Usage: coppice ") + command)) << command;
    EXPECT_TRUE(contains(help, "Examples:\n  ")) << command;
  }
}

TEST(Parse, help_behind_a_program_is_the_programs) {
  EXPECT_EQ(options_of<RunOptions>({"run", "make", "--help"}).job.commands, (Pipeline{Words{"make", "--help"}}));
}

TEST(Values, durations) {
  EXPECT_EQ(parse_duration("x", "10"), Milliseconds(10'000));
  EXPECT_EQ(parse_duration("x", "1.5s"), Milliseconds(1'500));
  EXPECT_EQ(parse_duration("x", "250ms"), Milliseconds(250));
  EXPECT_EQ(parse_duration("x", "1h2m3s"), Milliseconds(3'723'000));
  EXPECT_EQ(parse_duration("x", "0"), Milliseconds(0));
  for (const char* wrong : {"", "s", "-1", "1x", "nan", "1e9d", "99999999999999999999d", ".", "1..5"})
    EXPECT_THROW(static_cast<void>(parse_duration("x", wrong)), UsageError) << wrong;
}

}  // namespace
}  // namespace coppice::cli
