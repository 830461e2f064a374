// The specification that run and start send.
#include "cli/spec.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "base/unique_fd.h"
#include "cli/trouble.h"

namespace coppice::cli {
namespace {

Caller caller() {
  Caller result;
  result.directory = "/home/u";
  result.umask = 027;
  result.environment = {"A=1", "A=2", "=odd", "none", "B=x=y", "BAD=\xff"};
  return result;
}

JobOptions options(std::vector<std::string> command = {"true"}) {
  JobOptions result;
  result.commands = {std::move(command)};
  return result;
}

config::JobSpec spec_of(const JobOptions& job, const Caller& from = caller()) { return job_spec(job, from); }

// A file that is removed with the test.
class File {
 public:
  explicit File(const std::string& text, const std::string& suffix = ".toml") {
    std::string pattern = testing::TempDir() + "coppice-XXXXXX" + suffix;
    const UniqueFd fd(::mkostemps(pattern.data(), static_cast<int>(suffix.size()), O_CLOEXEC));
    path_ = pattern;
    EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  ~File() { static_cast<void>(::unlink(path_.c_str())); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }
  std::string folder() const { return path_.substr(0, path_.rfind('/')); }

 private:
  std::string path_;
};

JobOptions with_file(const File& file, std::vector<std::vector<std::string>> commands = {}) {
  JobOptions result;
  result.file = file.path();
  result.commands = std::move(commands);
  return result;
}

std::string trouble_of(const JobOptions& job, const Caller& from = caller()) {
  try {
    static_cast<void>(spec_of(job, from));
  } catch (const Trouble& trouble) {
    return trouble.what();
  }
  return "";
}

TEST(Spec, takes_directory_mask_and_environment_of_the_caller) {
  const config::JobSpec spec = spec_of(options({"make", "all"}));
  EXPECT_EQ(spec.commands.at(0).argv, (std::vector<std::string>{"make", "all"}));
  EXPECT_EQ(spec.working_directory, "/home/u");
  EXPECT_EQ(spec.base_directory, "/home/u");
  EXPECT_EQ(spec.umask, 027);
  EXPECT_EQ(spec.inherit_environment, false);
  EXPECT_EQ(spec.environment, (Environment{{"A", "1"}, {"B", "x=y"}, {"BAD", "\xff"}}));
}

TEST(Spec, S6_a_directory_option_does_not_move_what_the_program_is_resolved_against) {
  JobOptions job = options({"./x"});
  job.directory = "sub/../other";
  const config::JobSpec spec = spec_of(job);
  EXPECT_EQ(spec.working_directory, "/home/u/other");
  EXPECT_EQ(spec.base_directory, "/home/u");
}

TEST(Spec, files_are_taken_from_the_callers_directory) {
  JobOptions job = options();
  job.input = StreamOption{"file", "./in"};
  job.output = StreamOption{"file", "/out"};
  job.directory = "sub";
  job.append = true;
  const config::JobSpec spec = spec_of(job);
  EXPECT_EQ(spec.input.value().path, "/home/u/./in");
  EXPECT_FALSE(spec.input.value().append);
  EXPECT_EQ(spec.output.value().path, "/out");
  EXPECT_EQ(spec.output.value().append, true);
  EXPECT_FALSE(spec.error);
}

TEST(Spec, S11_paths_of_a_job_with_a_root_are_inside_it) {
  JobOptions job = options({"./x"});
  job.root = "image";
  job.output = StreamOption{"file", "logs/out"};
  config::JobSpec spec = spec_of(job);
  EXPECT_EQ(spec.root_directory, "/home/u/image");
  EXPECT_EQ(spec.base_directory, "/");
  EXPECT_EQ(spec.working_directory, "/");
  EXPECT_EQ(spec.output.value().path, "/logs/out");
  job.directory = "srv";
  EXPECT_EQ(spec_of(job).working_directory, "/srv");
}

TEST(Spec, an_empty_environment_keeps_what_was_asked_for) {
  JobOptions job = options();
  job.environment = {.clear = true, .files = {}, .keep = {"B"}, .set = {{"C", "3"}}};
  EXPECT_EQ(spec_of(job).environment, (Environment{{"B", "x=y"}, {"C", "3"}}));
}

TEST(Spec, a_variable_that_is_not_there_cannot_be_kept) {
  JobOptions job = options();
  job.environment.keep = {"MISSING"};
  EXPECT_NE(trouble_of(job).find("--env MISSING"), std::string::npos);
}

TEST(Spec, any_bytes_may_be_arguments_variables_and_paths) {
  JobOptions job = options({"\xff", "\xfe"});
  job.directory = "/\xfd";
  job.environment.set = {{"V\xfc", "\xfb"}};
  const config::JobSpec spec = spec_of(job);
  EXPECT_EQ(spec.commands.at(0).argv, (std::vector<std::string>{"\xff", "\xfe"}));
  EXPECT_EQ(spec.working_directory, "/\xfd");
  EXPECT_EQ(spec.environment.at("V\xfc"), "\xfb");
}

TEST(Spec, what_JSON_carries_must_be_utf8) {
  JobOptions job = options();
  job.labels["k"] = "\xff";
  EXPECT_NE(trouble_of(job).find("--label is not UTF-8: \"k=\\xff\""), std::string::npos) << trouble_of(job);
}

TEST(Spec, S9_later_variables_take_the_place_of_earlier_ones) {
  const File first("A=first\nB=first\nC=first\nD=first\n", ".env");
  const File second("B=second\nC=second\nD=second\n", ".env");
  JobOptions job = options();
  job.environment.files = {first.path(), second.path()};
  job.environment.keep = {"B"};
  job.environment.set = {{"C", "option"}};
  EXPECT_EQ(spec_of(job).environment,
            (Environment{{"A", "first"}, {"B", "x=y"}, {"BAD", "\xff"}, {"C", "option"}, {"D", "second"}}));
  job.environment.clear = true;
  EXPECT_EQ(spec_of(job).environment, (Environment{{"A", "first"}, {"B", "x=y"}, {"C", "option"}, {"D", "second"}}));
}

TEST(Spec, commands_of_a_pipeline_keep_their_order) {
  JobOptions job;
  job.commands = {{"a", "1"}, {"b"}};
  const config::JobSpec spec = spec_of(job);
  ASSERT_EQ(spec.commands.size(), 2u);
  EXPECT_EQ(spec.commands[0].argv, (std::vector<std::string>{"a", "1"}));
  EXPECT_EQ(spec.commands[1].argv, std::vector<std::string>{"b"});
}

TEST(Spec, a_job_file_takes_from_the_caller_what_it_does_not_say) {
  const File file("commands = [{argv = ['./x']}]\nenvironment = {B = 'file'}");
  const config::JobSpec spec = spec_of(with_file(file));
  EXPECT_EQ(spec.commands.at(0).argv, std::vector<std::string>{"./x"});
  EXPECT_EQ(spec.working_directory, "/home/u");
  EXPECT_EQ(spec.base_directory, file.folder());
  EXPECT_EQ(spec.umask, 027);
  EXPECT_EQ(spec.environment, (Environment{{"A", "1"}, {"B", "file"}, {"BAD", "\xff"}}));
  EXPECT_EQ(spec.inherit_environment, false);
}

TEST(Spec, a_job_file_may_refuse_the_callers_variables) {
  const File file("commands = [{argv = ['x']}]\ninheritEnvironment = false\nenvironment = {B = 'file'}");
  EXPECT_EQ(spec_of(with_file(file)).environment, (Environment{{"B", "file"}}));
}

TEST(Spec, options_take_the_place_of_what_a_job_file_says) {
  const File file(
      "name = 'f'\nslice = 'f'\nlabels = {a = 'f', b = 'f'}\nworkingDirectory = '/f'\nuser = 'f'\ngroup = 'f'\n"
      "umask = 0\nnice = 1\nenvironment = {B = 'file', C = 'file'}\n"
      "limits = {wallTime = 1, rlimits = {RLIMIT_NOFILE = {soft = 1}, core = {}}}\n"
      "stopping = {signal = 'HUP', grace = '1s'}\ncommands = [{argv = ['f']}, {argv = ['f']}]");
  JobOptions job = with_file(file, {{"./typed"}});
  job.name = "o";
  job.labels["b"] = "o";
  job.directory = "/o";
  job.user = "o";
  job.umask = 077;
  job.environment.set = {{"C", "o"}};
  job.rlimits = {{"nofile", 5, 5}};
  job.stopping.grace = Milliseconds(9);
  const config::JobSpec spec = spec_of(job);
  ASSERT_EQ(spec.commands.size(), 1u);
  EXPECT_EQ(spec.base_directory, "/home/u");
  EXPECT_EQ(spec.name, "o");
  EXPECT_EQ(spec.slice, "f");
  EXPECT_EQ(spec.labels, (std::map<std::string, std::string>{{"a", "f"}, {"b", "o"}}));
  EXPECT_EQ(spec.working_directory, "/o");
  EXPECT_EQ(spec.user, "o");
  EXPECT_EQ(spec.group, "f");
  EXPECT_EQ(spec.umask, 077);
  EXPECT_EQ(spec.nice, 1);
  EXPECT_EQ(spec.environment, (Environment{{"A", "1"}, {"B", "file"}, {"BAD", "\xff"}, {"C", "o"}}));
  EXPECT_EQ(spec.limits.wall_time, Milliseconds(1));
  ASSERT_EQ(spec.limits.rlimits.size(), 2u);
  EXPECT_EQ(spec.limits.rlimits.at("nofile").soft, 5);
  EXPECT_EQ(spec.stopping->signal, "HUP");
  EXPECT_EQ(spec.stopping->grace, Milliseconds(9));
}

TEST(Spec, a_job_file_without_commands_needs_one_here) {
  const File file("name = 'x'");
  EXPECT_NE(trouble_of(with_file(file)).find("has no commands"), std::string::npos);
  EXPECT_EQ(spec_of(with_file(file, {{"true"}})).name, "x");
}

TEST(Spec, a_directory_that_is_gone_is_told) {
  Caller from = caller();
  from.directory.clear();
  EXPECT_NE(trouble_of(options(), from).find("--dir"), std::string::npos);
  JobOptions job = options();
  job.directory = "/tmp";
  EXPECT_EQ(spec_of(job, from).working_directory, "/tmp");
  job.directory = "x";
  EXPECT_NE(trouble_of(job, from).find("absolute"), std::string::npos);
}

TEST(Spec, limits_a_lifetime_and_restarts_are_passed_on) {
  using config::Lifetime;
  JobOptions job = options();
  EXPECT_FALSE(spec_of(job).lifetime);
  EXPECT_FALSE(spec_of(job).restart);
  job.limits.wall_time = Milliseconds(1);
  job.limits.silence = Milliseconds(2);
  job.limits.cpu_time = Milliseconds(3);
  job.limits.processes_max = 9;
  job.limits_optional = true;
  job.lease = Milliseconds(4);
  job.restart.policy = "on-failure";
  job.restart.max_attempts = 5;
  const config::JobSpec spec = spec_of(job);
  EXPECT_EQ(spec.limits.wall_time, Milliseconds(1));
  EXPECT_EQ(spec.limits.silence, Milliseconds(2));
  EXPECT_EQ(spec.limits.processes_max, 9);
  EXPECT_EQ(spec.limits_required, false);
  EXPECT_EQ(spec.limits.cpu_time, Milliseconds(3));
  EXPECT_EQ(spec.lifetime->bound, Lifetime::Bound::lease);
  EXPECT_EQ(spec.lifetime->ttl, Milliseconds(4));
  EXPECT_EQ(spec.restart->policy, config::Restart::Policy::on_failure);
  EXPECT_EQ(spec.restart->max_attempts, 5);
}

TEST(Spec, niceness_of_the_caller_is_kept) {
  EXPECT_EQ(spec_of(options()).nice, std::nullopt);
  Caller from = caller();
  from.nice = 7;
  EXPECT_EQ(spec_of(options(), from).nice, 7);
}

}  // namespace
}  // namespace coppice::cli
