#include "config/check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace coppice::config {
namespace {

JobSpec sound() {
  JobSpec spec;
  spec.commands.push_back({{"true"}, std::nullopt});
  return spec;
}

// The field that check() refuses after `change`, or "" if it refuses nothing.
std::string refused(const std::function<void(JobSpec&)>& change) {
  JobSpec spec = sound();
  change(spec);
  try {
    check(spec);
  } catch (const InvalidSpec& error) {
    EXPECT_FALSE(error.reason().empty());
    return error.field();
  }
  return "";
}

Stream stream(Stream::Kind kind, std::optional<int> fd = {}, std::optional<std::string> path = {}) {
  Stream result;
  result.kind = kind;
  result.fd = fd;
  result.path = std::move(path);
  return result;
}

TEST(Check, a_single_command_is_enough) {
  EXPECT_EQ(refused([](JobSpec&) {}), "");
}

TEST(Check, a_job_without_a_program_is_refused) {
  EXPECT_EQ(refused([](JobSpec& s) { s.commands.clear(); }), "spec.commands");
  EXPECT_EQ(refused([](JobSpec& s) { s.commands[0].argv.clear(); }), "spec.commands[0].argv");
  EXPECT_EQ(refused([](JobSpec& s) { s.commands[0].argv[0] = ""; }), "spec.commands[0].argv[0]");
  EXPECT_EQ(refused([](JobSpec& s) { s.commands.resize(cap::kCommands + 1, s.commands[0]); }),
            "spec.commands");
}

TEST(Check, an_argument_may_be_empty_but_not_hold_NUL) {
  EXPECT_EQ(refused([](JobSpec& s) { s.commands[0].argv.emplace_back(); }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.commands[0].argv.emplace_back("a\0b", 3); }),
            "spec.commands[0].argv[1]");
  EXPECT_EQ(refused([](JobSpec& s) { s.commands[0].argv0 = std::string("\0", 1); }),
            "spec.commands[0].argv0");
}

TEST(Check, what_execve_would_not_take_is_refused_before) {
  EXPECT_EQ(refused([](JobSpec& s) { s.commands[0].argv.emplace_back(cap::kStringLength - 1, 'x'); }),
            "");
  EXPECT_EQ(refused([](JobSpec& s) { s.commands[0].argv.emplace_back(cap::kStringLength, 'x'); }),
            "spec.commands[0].argv[1]");
  EXPECT_EQ(refused([](JobSpec& s) {
              s.commands[0].argv.resize(60, std::string(cap::kStringLength - 1, 'x'));
            }),
            "spec.commands[0].argv");
}

TEST(Check, S9_environment_names_with_equals_or_NUL_are_refused) {
  EXPECT_EQ(refused([](JobSpec& s) { s.environment["PATH"] = "/bin"; }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.environment["A=B"] = "c"; }), "spec.environment.A=B");
  EXPECT_EQ(refused([](JobSpec& s) { s.environment[""] = "c"; }), "spec.environment");
  EXPECT_EQ(refused([](JobSpec& s) { s.environment[std::string("A\0B", 3)] = "c"; }),
            std::string("spec.environment.A\0B", 20));
}

TEST(Check, S9_environment_values_with_NUL_are_refused) {
  EXPECT_EQ(refused([](JobSpec& s) { s.environment["A"] = std::string("x\0", 2); }),
            "spec.environment.A");
  EXPECT_EQ(refused([](JobSpec& s) { s.environment["A"] = "x=y"; }), "");
}

TEST(Check, S9_environment_names_are_case_sensitive) {
  JobSpec spec = sound();
  spec.environment = {{"Path", "a"}, {"PATH", "b"}};
  check(spec);
  EXPECT_EQ(spec.environment.size(), 2U);
}

TEST(Check, names_hold_letters_digits_and_a_few_signs) {
  EXPECT_EQ(name_fault("build-42_a.B"), "");
  for (const char* bad : {"", ".hidden", "-x", "a b", "a/b", "\xc3\xa4", "a\n"})
    EXPECT_NE(name_fault(bad), "") << bad;
  EXPECT_EQ(name_fault(std::string(cap::kNameLength, 'x')), "");
  EXPECT_NE(name_fault(std::string(cap::kNameLength + 1, 'x')), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.name = "a b"; }), "spec.name");
}

TEST(Check, slices_are_names_joined_by_slashes) {
  EXPECT_EQ(slice_fault("ci"), "");
  EXPECT_EQ(slice_fault("ci/build-42"), "");
  for (const char* bad : {"", "/", "/ci", "ci/", "ci//x", "..", "ci/../x", "./ci"})
    EXPECT_NE(slice_fault(bad), "") << bad;
  std::string deep = "a";
  for (std::size_t i = 1; i < cap::kSliceDepth; ++i) deep += "/a";
  EXPECT_EQ(slice_fault(deep), "");
  EXPECT_NE(slice_fault(deep + "/a"), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.slice = "/ci"; }), "spec.slice");
}

TEST(Check, labels_have_names_and_bounded_values) {
  EXPECT_EQ(refused([](JobSpec& s) { s.labels["branch"] = "feature/\xc3\xa4 x"; }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.labels["a b"] = ""; }), "spec.labels.a b");
  EXPECT_EQ(refused([](JobSpec& s) { s.labels["a"] = std::string(cap::kLabelValueLength + 1, 'x'); }),
            "spec.labels.a");
  EXPECT_EQ(refused([](JobSpec& s) {
              for (std::size_t i = 0; i <= cap::kLabels; ++i) s.labels["l" + std::to_string(i)] = "";
            }),
            "spec.labels");
}

TEST(Check, relative_directories_are_refused_with_the_remedy) {
  EXPECT_EQ(refused([](JobSpec& s) { s.base_directory = "src"; }), "spec.baseDirectory");
  EXPECT_EQ(refused([](JobSpec& s) { s.working_directory = ""; }), "spec.workingDirectory");
  EXPECT_EQ(refused([](JobSpec& s) { s.root_directory = "./x"; }), "spec.rootDirectory");
  EXPECT_EQ(refused([](JobSpec& s) { s.working_directory = std::string("/a\0b", 4); }),
            "spec.workingDirectory");
  JobSpec spec = sound();
  spec.working_directory = "src";
  try {
    check(spec);
    FAIL();
  } catch (const InvalidSpec& error) {
    EXPECT_NE(error.reason().find("absolute"), std::string::npos);
  }
}

TEST(Check, numbers_have_the_ranges_of_the_kernel) {
  EXPECT_EQ(refused([](JobSpec& s) { s.umask = 0777; s.nice = -20; s.oom_score_adjust = 1000; }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.umask = 01000; }), "spec.umask");
  EXPECT_EQ(refused([](JobSpec& s) { s.umask = -1; }), "spec.umask");
  EXPECT_EQ(refused([](JobSpec& s) { s.nice = 20; }), "spec.nice");
  EXPECT_EQ(refused([](JobSpec& s) { s.oom_score_adjust = -1001; }), "spec.oomScoreAdjust");
  EXPECT_EQ(refused([](JobSpec& s) { s.log_max = 4095; }), "spec.logMax");
}

TEST(Check, streams_take_what_their_kind_needs_and_nothing_else) {
  using Kind = Stream::Kind;
  EXPECT_EQ(refused([](JobSpec& s) { s.output = stream(Kind::fd, 1); }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.output = stream(Kind::file, {}, "/tmp/x"); }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.output = stream(Kind::fd); }), "spec.output.fd");
  EXPECT_EQ(refused([](JobSpec& s) { s.output = stream(Kind::fd, -1); }), "spec.output.fd");
  EXPECT_EQ(refused([](JobSpec& s) { s.output = stream(Kind::log, 1); }), "spec.output.fd");
  EXPECT_EQ(refused([](JobSpec& s) { s.error = stream(Kind::file); }), "spec.error.path");
  EXPECT_EQ(refused([](JobSpec& s) { s.error = stream(Kind::file, {}, "x"); }), "spec.error.path");
  EXPECT_EQ(refused([](JobSpec& s) { s.error = stream(Kind::null, {}, "/x"); }), "spec.error.path");
  EXPECT_EQ(refused([](JobSpec& s) { s.input = stream(Kind::log); }), "spec.input.kind");
  EXPECT_EQ(refused([](JobSpec& s) {
              s.output = stream(Kind::null);
              s.output->append = true;
            }),
            "spec.output.append");
  EXPECT_EQ(refused([](JobSpec& s) {
              s.input = stream(Kind::fd, 0);
              s.input_data = "x";
            }),
            "spec.inputData");
  EXPECT_EQ(refused([](JobSpec& s) {
              s.input = stream(Kind::data);
              s.input_data = "x";
            }),
            "");
  EXPECT_EQ(refused([](JobSpec& s) { s.output = stream(Kind::data); }), "spec.output.kind");
  EXPECT_EQ(refused([](JobSpec& s) { s.error = stream(Kind::data); }), "spec.error.kind");
}

TEST(Check, a_terminal_has_a_size_in_bounds_and_one_command) {
  using Kind = Stream::Kind;
  const auto sized = [](int columns, int rows) {
    return refused([=](JobSpec& s) {
      s.input = stream(Kind::pty);
      s.terminal_size = TerminalSize{columns, rows};
    });
  };
  EXPECT_EQ(sized(1, 1), "");
  EXPECT_EQ(sized(1000, 500), "");
  EXPECT_EQ(sized(0, 24), "spec.terminalSize.columns");
  EXPECT_EQ(sized(1001, 24), "spec.terminalSize.columns");
  EXPECT_EQ(sized(80, 501), "spec.terminalSize.rows");
  EXPECT_EQ(refused([](JobSpec& s) { s.terminal_size = TerminalSize(); }), "spec.terminalSize");
  EXPECT_EQ(refused([](JobSpec& s) {
              s.error = stream(Kind::pty);
              s.commands.push_back(s.commands[0]);
            }),
            "spec.commands");
  EXPECT_EQ(refused([](JobSpec& s) { s.output = stream(Kind::pty, {}, "/dev/pts/1"); }), "spec.output.path");
}

TEST(Check, limits_are_positive) {
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.memory_max = 0; }), "spec.limits.memoryMax");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.cpu_max = 0; }), "spec.limits.cpuMax");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.cpu_max = 0.0009; }), "spec.limits.cpuMax");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.cpu_max = 0.001; }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.cpu_max = std::nan(""); }), "spec.limits.cpuMax");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.cpu_weight = 10001; }), "spec.limits.cpuWeight");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.io_weight = 0; }), "spec.limits.ioWeight");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.processes_max = -1; }), "spec.limits.processesMax");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.wall_time = Milliseconds(0); }),
            "spec.limits.wallTime");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.silence = Milliseconds::max(); }),
            "spec.limits.silence");
}

TEST(Check, limits_by_themselves_are_named_where_they_stand) {
  Limits limits;
  limits.cpu_time = Milliseconds(0);
  try {
    check(limits, "limits");
    ADD_FAILURE() << "cpuTime 0 passed";
  } catch (const InvalidSpec& error) {
    EXPECT_EQ(error.field(), "limits.cpuTime");
  }
}

TEST(Check, rlimits_are_known_resources_with_soft_below_hard) {
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.rlimits["nofile"] = {100, 200}; }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.rlimits["core"] = {0, {}}; }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.rlimits["core"] = {{}, {}}; }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.rlimits["files"] = {1, 1}; }),
            "spec.limits.rlimits.files");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.rlimits["nofile"] = {2, 1}; }),
            "spec.limits.rlimits.nofile.soft");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.rlimits["nofile"] = {{}, 1}; }),
            "spec.limits.rlimits.nofile.soft");
  EXPECT_EQ(refused([](JobSpec& s) { s.limits.rlimits["nofile"] = {1, -1}; }),
            "spec.limits.rlimits.nofile.hard");
  EXPECT_EQ(refused([](JobSpec& s) {
              s.limits.rlimits["nofile"] = {1, 1};
              s.limits.rlimits["RLIMIT_NOFILE"] = {1, 1};
            }),
            "spec.limits.rlimits.nofile");
}

TEST(Check, stopping_names_a_signal_and_a_bounded_grace) {
  EXPECT_EQ(refused([](JobSpec& s) { s.stopping = Stopping(); s.stopping->signal = "INT"; }), "");
  EXPECT_EQ(refused([](JobSpec& s) { s.stopping = Stopping(); s.stopping->signal = "NO"; }), "spec.stopping.signal");
  EXPECT_EQ(refused([](JobSpec& s) { s.stopping = Stopping(); s.stopping->grace = Milliseconds(-1); }),
            "spec.stopping.grace");
  EXPECT_EQ(refused([](JobSpec& s) { s.stopping = Stopping(); s.stopping->grace = Milliseconds(0); }), "");
  EXPECT_EQ(refused([](JobSpec& s) {
              s.stopping = Stopping();
              s.stopping->grace = cap::kLongest + Milliseconds(1);
            }),
            "spec.stopping.grace");
}

TEST(Check, lifetimes_take_what_their_bound_needs_and_nothing_else) {
  using Bound = Lifetime::Bound;
  const auto lifetime = [](Bound bound, std::optional<int> fd, std::optional<Milliseconds> ttl) {
    return refused([&](JobSpec& s) {
      Lifetime value;
      value.bound = bound;
      value.fd = fd;
      value.ttl = ttl;
      s.lifetime = value;
    });
  };
  EXPECT_EQ(lifetime(Bound::connection, {}, {}), "");
  EXPECT_EQ(lifetime(Bound::process, 0, {}), "");
  EXPECT_EQ(lifetime(Bound::process, {}, {}), "spec.lifetime.fd");
  EXPECT_EQ(lifetime(Bound::detached, 0, {}), "spec.lifetime.fd");
  EXPECT_EQ(lifetime(Bound::lease, {}, {}), "spec.lifetime.ttl");
  EXPECT_EQ(lifetime(Bound::lease, {}, Milliseconds(0)), "spec.lifetime.ttl");
  EXPECT_EQ(lifetime(Bound::detached, {}, Milliseconds(5)), "spec.lifetime.ttl");
}

TEST(Check, accounts_are_named) {
  EXPECT_EQ(refused([](JobSpec& s) { s.user = ""; }), "spec.user");
  EXPECT_EQ(refused([](JobSpec& s) { s.group = std::string("a\0", 2); }), "spec.group");
  EXPECT_EQ(refused([](JobSpec& s) { s.supplementary_groups = {"a", ""}; }),
            "spec.supplementaryGroups[1]");
}

TEST(Check, bytesFd_must_have_been_filled_in) {
  EXPECT_EQ(refused([](JobSpec& s) { s.bytes_fd = 0; }), "spec.bytesFd");
}

}  // namespace
}  // namespace coppice::config
