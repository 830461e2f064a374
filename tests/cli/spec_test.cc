// The specification that run and start send.
#include "cli/spec.h"

#include <gtest/gtest.h>

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
  result.command = std::move(command);
  return result;
}

config::JobSpec spec_of(const JobOptions& job, const Caller& from = caller()) {
  std::vector<std::string> left_out;
  return job_spec(job, from, left_out);
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
  EXPECT_EQ(spec.environment, (std::map<std::string, std::string>{{"A", "1"}, {"B", "x=y"}}));
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

TEST(Spec, variables_that_are_not_utf8_are_left_out_and_named) {
  std::vector<std::string> left_out;
  static_cast<void>(job_spec(options(), caller(), left_out));
  EXPECT_EQ(left_out, std::vector<std::string>{"BAD"});
}

TEST(Spec, an_empty_environment_keeps_what_was_asked_for) {
  JobOptions job = options();
  job.environment = {.clear = true, .keep = {"B"}, .set = {{"C", "3"}}};
  EXPECT_EQ(spec_of(job).environment, (std::map<std::string, std::string>{{"B", "x=y"}, {"C", "3"}}));
}

TEST(Spec, a_variable_that_is_not_there_cannot_be_kept) {
  JobOptions job = options();
  job.environment.keep = {"MISSING"};
  EXPECT_NE(trouble_of(job).find("--env MISSING"), std::string::npos);
}

TEST(Spec, bytes_that_are_not_utf8_are_refused_by_name) {
  EXPECT_NE(trouble_of(options({"echo", "a", "\xff"})).find("argument 2 is not UTF-8"), std::string::npos);
  EXPECT_NE(trouble_of(options({"\xff"})).find("the program's name"), std::string::npos);
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

TEST(Spec, niceness_of_the_caller_is_kept) {
  EXPECT_EQ(spec_of(options()).nice, std::nullopt);
  Caller from = caller();
  from.nice = 7;
  EXPECT_EQ(spec_of(options(), from).nice, 7);
}

}  // namespace
}  // namespace coppice::cli
