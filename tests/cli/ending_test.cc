// How a job's end becomes an exit code and a sentence.
#include <gtest/gtest.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "cli/exit_code.h"
#include "cli/trouble.h"

namespace coppice::cli {
namespace {

using config::Outcome;

config::Result ended(Outcome outcome, std::optional<int> code, std::optional<std::string> signal = {}) {
  config::Result result;
  result.outcome = outcome;
  config::ExitStatus exit;
  exit.code = code;
  exit.signal = std::move(signal);
  result.exits.push_back(exit);
  return result;
}

TEST(ExitCode, X3_is_the_commands_own) {
  EXPECT_EQ(exit_code_of(ended(Outcome::succeeded, 0)), 0);
  EXPECT_EQ(exit_code_of(ended(Outcome::failed, 3)), 3);
  EXPECT_EQ(exit_code_of(ended(Outcome::failed, 255)), 255);
}

TEST(ExitCode, X5_of_a_signal_is_128_and_its_number) {
  EXPECT_EQ(exit_code_of(ended(Outcome::signaled, {}, "SIGSEGV")), 139);
  EXPECT_EQ(exit_code_of(ended(Outcome::stopped, {}, "SIGTERM")), 143);
  EXPECT_EQ(exit_code_of(ended(Outcome::killed, {}, "SIGKILL")), 137);
}

TEST(ExitCode, is_never_success_for_a_job_that_did_not_succeed) {
  EXPECT_EQ(exit_code_of(ended(Outcome::stopped, 0)), 143);
  EXPECT_EQ(exit_code_of(ended(Outcome::stopped, 4)), 4);
  EXPECT_EQ(exit_code_of(ended(Outcome::killed, 0)), 137);
  EXPECT_EQ(exit_code_of(ended(Outcome::timed_out, 0)), 124);
  EXPECT_EQ(exit_code_of(ended(Outcome::out_of_memory, 0)), 137);
  EXPECT_EQ(exit_code_of(ended(Outcome::lost, 0)), 125);
  EXPECT_EQ(exit_code_of(ended(Outcome::failed, 0)), 1);
}

varlink::MethodError start_failed(const std::string& step, int error, const std::string& name) {
  return varlink::MethodError("io.coppice.Jobs.StartFailed",
                              {{"step", step},
                               {"command", 0},
                               {"errno", error},
                               {"name", name},
                               {"path", "/bin/x"},
                               {"message", "exec \"/bin/x\": trouble"}});
}

TEST(ExitCode, S5_of_a_failed_start_is_not_the_commands) {
  EXPECT_EQ(exit_code_of_start_error(start_failed("exec", ENOENT, "ENOENT")), 127);
  EXPECT_EQ(exit_code_of_start_error(start_failed("exec", EACCES, "EACCES")), 126);
  EXPECT_EQ(exit_code_of_start_error(start_failed("exec", ENOEXEC, "ENOEXEC")), 126);
  EXPECT_EQ(exit_code_of_start_error(start_failed("chdir", ENOENT, "ENOENT")), 125);
  EXPECT_EQ(exit_code_of_start_error(varlink::MethodError("io.coppice.Jobs.NameTaken")), 125);
}

TEST(Ending, is_told_in_words) {
  EXPECT_EQ(ending_of(ended(Outcome::succeeded, 0)), "succeeded");
  EXPECT_EQ(ending_of(ended(Outcome::failed, 3)), "failed with exit code 3");
  auto crashed = ended(Outcome::signaled, {}, "SIGSEGV");
  crashed.exits[0].core_dumped = true;
  EXPECT_EQ(ending_of(crashed), "was ended by SIGSEGV (core dumped)");
  auto lost = ended(Outcome::lost, {});
  lost.detail = "the keeper is gone";
  EXPECT_EQ(ending_of(lost), "is lost: what became of it is not known: the keeper is gone");
}

std::string sentence(const std::string& name, nlohmann::json parameters) {
  return sentence_of(varlink::MethodError(name, std::move(parameters)));
}

TEST(Trouble, errors_of_the_daemon_are_sentences_with_a_remedy) {
  EXPECT_EQ(sentence("io.coppice.Jobs.NoSuchJob", {{"job", {{"name", "web"}}}}),
            "there is no job \"web\": coppice ps -a lists all that are known");
  EXPECT_EQ(sentence("io.coppice.Jobs.NameTaken", {{"name", "web"}, {"id", "01X"}}),
            "the name \"web\" belongs to the live job 01X: choose another, or end that one with coppice "
            "stop web");
  EXPECT_EQ(sentence("io.coppice.Jobs.InvalidSpec", {{"field", "spec.umask"}, {"reason", "too big"}}),
            "--umask: too big");
  EXPECT_EQ(sentence_of(start_failed("exec", ENOENT, "ENOENT")),
            "the job could not be started: exec \"/bin/x\": trouble (ENOENT)");
}

TEST(Trouble, an_answer_that_makes_no_sense_still_gives_a_sentence) {
  for (const char* name : {"io.coppice.Jobs.NoSuchJob", "io.coppice.Jobs.StartFailed", "org.example.Odd",
                           "io.coppice.Jobs.Exhausted", "io.coppice.Jobs.WrongState"}) {
    EXPECT_FALSE(sentence(name, nlohmann::json::object()).empty());
    EXPECT_FALSE(sentence(name, {{"job", 7}, {"errno", "x"}, {"limit", nullptr}}).empty());
  }
  EXPECT_EQ(exit_code_of_start_error(
                varlink::MethodError("io.coppice.Jobs.StartFailed", {{"step", "exec"}, {"errno", "x"}})),
            125);
}

}  // namespace
}  // namespace coppice::cli
