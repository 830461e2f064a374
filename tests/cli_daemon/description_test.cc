// How a job is described: bytes that are no text, files of variables, job files.
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Description : public Daemon {
 protected:
  // A file of that text in the test's directory: its path.
  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = folder() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(Description, arguments_that_are_not_utf8_arrive_byte_for_byte) {
  const Ended ended = coppice({"run", "--", "printf", "%s|%s", "a\xff\x80", "\\xff"});
  EXPECT_EQ(ended.output, "a\xff\x80|\\xff") << ended.error;
}

TEST_F(Description, variables_that_are_not_utf8_arrive_byte_for_byte) {
  set("INHERITED", "i\xff");
  const Ended ended = coppice({"run", "--env", "SET=s\xfe", "--", "sh", "-c", "printf '%s|%s' \"$INHERITED\" \"$SET\""});
  EXPECT_EQ(ended.output, "i\xff|s\xfe");
  EXPECT_EQ(ended.error, "");
}

TEST_F(Description, S6_directories_that_are_not_utf8_are_entered_and_searched) {
  const std::string directory = folder() + "/d\xff";
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  EXPECT_EQ(coppice({"run", "--dir", directory, "--", "pwd"}).output, directory + "\n");
  const Ended here = shell("cd \"" + directory + "\" && cp /bin/sh ./p && $COPPICE run -- ./p -c pwd");
  EXPECT_EQ(here.output, directory + "\n") << here.error;
}

TEST_F(Description, replies_show_bytes_escaped_and_people_see_them) {
  const std::string id = start({"--name", "odd", "--", "sh", "-c", "sleep 1000", "\xff", "\\xff"});
  const nlohmann::json argv = {"sh", "-c", "sleep 1000", "\\xff", "\\\\xff"};
  EXPECT_EQ(objects({"status", "--json", "odd"}).at(0).at("commands").at(0).at("argv"), argv);
  EXPECT_EQ(objects({"ps", "--json"}).at(0).at("commands").at(0).at("argv"), argv);
  const std::string told = coppice({"ps"}).output;
  EXPECT_TRUE(contains(told, "sh -c 'sleep 1000' '\\xff' '\\xff'")) << told;
}

TEST_F(Description, S5_a_program_that_is_not_utf8_and_not_there_is_told) {
  const Ended ended = coppice({"run", "--", "/no/\xff"});
  EXPECT_EQ(ended.code, 127);
  EXPECT_TRUE(contains(ended.error, "exec \"/no/\\xff\"")) << ended.error;
}

TEST_F(Description, an_environment_of_3_megabytes_works) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "V" + std::to_string(i) + "=" + std::string(100'000, 'v') + "\n";
  // A quarter of the stack is what execve(2) takes.
  const Ended ended = coppice({"run", "--env-file", file("big.env", text), "--rlimit", "stack=67108864", "--", "sh",
                               "-c", "env | wc -c"});
  ASSERT_EQ(ended.code, 0) << ended.error;
  EXPECT_GT(std::stol(ended.output), 3'000'000);
}

TEST_F(Description, S9_variables_come_from_the_caller_then_files_then_options) {
  set("A", "caller");
  set("B", "caller");
  const std::string first = file("1.env", "# first\nB=first\nC=first\nD=first\n");
  const std::string second = file("2.env", "export C=\"second\"\nD=second\n");
  const Words common = {"--env-file", first, "--env-file", second, "--env", "D=option", "--", "/bin/sh", "-c",
                        "echo $A $B $C $D"};
  Words words = {"run"};
  words.insert(words.end(), common.begin(), common.end());
  EXPECT_EQ(coppice(words).output, "caller first \"second\" option\n");
  words.insert(words.begin() + 1, "--clear-env");
  EXPECT_EQ(coppice(words).output, "first \"second\" option\n");
}

TEST_F(Description, D4_a_bad_file_of_variables_is_told_with_its_line) {
  const std::string path = file("bad.env", "A=1\nwhat\n");
  const Ended ended = coppice({"run", "--env-file", path, "--", "true"});
  EXPECT_EQ(ended.code, 125);
  EXPECT_TRUE(contains(ended.error, path + ":2: no variable")) << ended.error;
}

TEST_F(Description, a_job_file_shapes_the_job) {
  set("INHERITED", "here");
  const std::string path = file("job.toml", R"(
name = "filed"
slice = "ci/42"
labels = {branch = "main"}
workingDirectory = "sub"
umask = 0o027
nice = 5
oomScoreAdjust = 7
noNewPrivileges = true
inputData = "aW4K"
environment = {OWN = "own"}

[[commands]]
argv = ["./tool", "a b"]
argv0 = "named"

[limits.rlimits]
nofile = {soft = 64, hard = 64}

[stopping]
grace = "2s"
signal = "INT"
whom = "all"
leftovers = "wait"

[lifetime]
bound = "connection"
)");
  ASSERT_EQ(::mkdir((folder() + "/sub").c_str(), 0755), 0);
  file("tool", "#!/bin/sh\necho \"$1\"; pwd; umask; nice; ulimit -n; cat /proc/self/oom_score_adj; echo $OWN $INHERITED; cat\n");
  ASSERT_EQ(::chmod((folder() + "/tool").c_str(), 0755), 0);
  // From elsewhere: what is relative is relative to the file.
  const Ended ended = shell("cd / && $COPPICE run --file " + path);
  EXPECT_EQ(ended.output, "a b\n" + folder() + "/sub\n0027\n5\n64\n7\nown here\nin\n") << ended.error;
  const nlohmann::json job = objects({"status", "--json", "filed"}).at(0);
  EXPECT_EQ(job.at("slice"), "ci/42");
  EXPECT_EQ(job.at("labels").at("branch"), "main");
  EXPECT_EQ(job.at("commands").at(0).at("argv0"), "named");
}

TEST_F(Description, a_separator_makes_a_pipeline) {
  EXPECT_EQ(coppice({"run", "--", "printf", "b\na\xff\n", ":", "sort", ":", "head", "-n", "1"}).output, "a\xff\n");
  EXPECT_EQ(coppice({"run", "--separator", "+", "--", "echo", ":", "+", "cat"}).output, ":\n");
  EXPECT_EQ(coppice({"run", "--separator", "", "--", "echo", ":", "+"}).output, ": +\n");
}

TEST_F(Description, X4_a_job_file_makes_a_pipeline) {
  const std::string path = file("job.toml", "[[commands]]\nargv = ['sh', '-c', 'echo in; exit 3']\n[[commands]]\nargv = ['cat']\n");
  const Ended ended = coppice({"run", "--file", path});
  EXPECT_EQ(ended.output, "in\n");
  EXPECT_EQ(ended.code, 3);
}

TEST_F(Description, a_job_file_in_JSON_starts_a_job_in_the_background) {
  const std::string path = file("job.json", R"({"commands": [{"argv": ["sh", "-c", "echo $A"]}], "name": "j",
    "inheritEnvironment": false, "environment": {"A": "\u00e4", "PATH": "/bin"}})");
  const std::string id = start({"--file", path});
  EXPECT_EQ(coppice({"wait", id}).code, 0);
  EXPECT_EQ(coppice({"logs", id}).output, "\xc3\xa4\n");
}

TEST_F(Description, options_and_a_command_take_the_place_of_what_a_job_file_says) {
  const std::string path = file("job.toml", "commands = [{argv = ['false']}]\nenvironment = {A = 'file'}\numask = 0o077");
  const Ended ended = coppice({"run", "--file", path, "--env", "A=option", "--umask", "022", "--", "sh", "-c", "echo $A; umask"});
  EXPECT_EQ(ended.output, "option\n0022\n") << ended.error;
  EXPECT_EQ(coppice({"run", "--file", path}).code, 1);
}

TEST_F(Description, output_that_a_job_file_sends_to_the_log_is_passed_on) {
  const std::string path = file("job.toml", "name = 'l'\ncommands = [{argv = ['sh', '-c', 'echo out; echo err >&2']}]\n"
                                            "output = {kind = 'log'}\nerror = {kind = 'log'}");
  const Ended ended = coppice({"run", "--file", path});
  EXPECT_EQ(ended.output, "out\n");
  EXPECT_EQ(ended.error, "err\n");
  EXPECT_EQ(coppice({"logs", "l"}).output, "out\n");
  EXPECT_EQ(coppice({"logs", "--stream", "error", "l"}).output, "err\n");
}

TEST_F(Description, D4_a_bad_job_file_is_told_with_file_line_and_key) {
  const std::string path = file("job.toml", "commands = [{argv = ['true']}]\n\nnyce = 5\n");
  const Ended ended = coppice({"start", "--file", path});
  EXPECT_EQ(ended.code, 125);
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(contains(ended.error, "coppice: " + path + ":3:1: nyce: there is no such key")) << ended.error;
  EXPECT_TRUE(contains(coppice({"run", "--file", folder() + "/none"}).error, "open \"" + folder() + "/none\": "));
}

TEST_F(Description, show_tells_what_a_job_file_means_and_is_one) {
  const std::string path = file("job.toml", "commands = [{argv = ['./x']}]\nlimits = {wallTime = '90s'}");
  const Ended shown = coppice({"show", "--file", path, "--name", "n"});
  EXPECT_EQ(shown.code, 0) << shown.error;
  for (const std::string& line :
       {std::string("name = \"n\"\n"), "baseDirectory = \"" + folder() + "\"\n", std::string("wallTime = \"90s\"\n"),
        std::string("# memoryMax: unlimited\n"), std::string("# grace: 10s\n"), std::string("variables of here besides")})
    EXPECT_TRUE(contains(shown.output, line)) << line << shown.output;
  const std::string again = file("again.toml", shown.output);
  const auto object = [&](const std::string& from, const Words& more) {
    Words words = {"show", "--json", "--file", from};
    words.insert(words.end(), more.begin(), more.end());
    return objects(words).at(0);
  };
  EXPECT_EQ(object(again, {}), object(path, {"--name", "n"}));
}

class Show : public Place {};

TEST_F(Show, needs_no_daemon_and_starts_none) {
  set("A", "1");
  const nlohmann::json spec = objects({"show", "--json", "--clear-env", "--env", "A", "--", "a", ":", "b"}).at(0);
  EXPECT_EQ(spec.at("commands"), nlohmann::json::parse(R"([{"argv": ["a"]}, {"argv": ["b"]}])"));
  EXPECT_EQ(spec.at("environment"), nlohmann::json::parse(R"({"A": "1"})"));
  EXPECT_EQ(daemon_pid(), std::nullopt);
}

TEST_F(Show, JSON_that_cannot_hold_the_bytes_is_refused_and_text_shows_them) {
  const Ended object = coppice({"show", "--json", "--", "echo", "\xff"});
  EXPECT_EQ(object.code, 1);
  EXPECT_TRUE(contains(object.error, "leave --json out")) << object.error;
  const Ended text = coppice({"show", "--", "echo", "\xff"});
  EXPECT_TRUE(contains(text.output, "\"\\\\xff\"")) << text.output;
}

}  // namespace
}  // namespace coppice::cli_daemon
