// Job files: what they mean, and how what they cannot mean is refused.
#include "cli/job_file/job_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "cli/job_file/fault.h"
#include "config/names.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using config::JobSpec;
using config::Stream;

JobSpec toml(const std::string& text) { return parse_job_file("job.toml", text, "/etc/jobs"); }
JobSpec json(const std::string& text) { return parse_job_file("job.json", text, "/etc/jobs"); }

std::string fault_of(const std::string& file, const std::string& text) {
  try {
    static_cast<void>(parse_job_file(file, text, "/etc/jobs"));
  } catch (const JobFileError& error) {
    return error.what();
  }
  return "";
}

std::string toml_fault(const std::string& text) { return fault_of("job.toml", text); }
std::string json_fault(const std::string& text) { return fault_of("job.json", text); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr char kTrue[] = "commands = [{argv = [\"true\"]}]\n";

TEST(JobFile, every_field_arrives) {
  const JobSpec spec = toml(R"(
name = "build"
slice = "ci/42"
baseDirectory = "/base"
workingDirectory = "/work"
inheritEnvironment = false
user = "u"
group = "g"
supplementaryGroups = ["a", "b"]
umask = 0o027
nice = 5
oomScoreAdjust = -1
noNewPrivileges = true
delegate = false
rootDirectory = "/root"
output = {kind = "file", path = "/o", append = true}
error = {kind = "log"}
inputData = "aGk="
limitsRequired = false
containmentRequired = "cgroup"
priority = 3
logMax = 4096
labels = {branch = "main"}

[[commands]]
argv = ["make", "-j4"]
argv0 = "gmake"

[[commands]]
argv = ["cat"]

[environment]
LANG = "C"
"odd name" = ""

[limits]
cpuMax = 2
memoryMax = 1
rlimits = {nofile = {soft = 1, hard = 2}}

[stopping]
signal = "INT"
whom = "all"
grace = 1
leftovers = "wait"

[lifetime]
bound = "lease"
ttl = 7

[restart]
policy = "always"
delay = 1
maxDelay = 2
maxAttempts = 3
resetAfter = 4

[terminalSize]
columns = 100
rows = 50
)");
  const nlohmann::json expected = nlohmann::json::parse(R"({
    "name": "build", "slice": "ci/42", "baseDirectory": "/base", "workingDirectory": "/work",
    "inheritEnvironment": false, "user": "u", "group": "g", "supplementaryGroups": ["a", "b"], "umask": 23, "nice": 5,
    "oomScoreAdjust": -1, "noNewPrivileges": true, "delegate": false, "rootDirectory": "/root",
    "output": {"kind": "file", "path": "/o", "append": true}, "error": {"kind": "log"}, "inputData": "aGk=",
    "limitsRequired": false, "containmentRequired": "cgroup", "priority": 3, "logMax": 4096,
    "labels": {"branch": "main"}, "commands": [{"argv": ["make", "-j4"], "argv0": "gmake"}, {"argv": ["cat"]}],
    "environment": {"LANG": "C", "odd name": ""},
    "limits": {"cpuMax": 2.0, "memoryMax": 1, "rlimits": {"nofile": {"soft": 1, "hard": 2}}},
    "stopping": {"signal": "INT", "whom": "all", "grace": 1, "leftovers": "wait"},
    "lifetime": {"bound": "lease", "ttl": 7},
    "restart": {"policy": "always", "delay": 1, "maxDelay": 2, "maxAttempts": 3, "resetAfter": 4},
    "terminalSize": {"columns": 100, "rows": 50}})");
  EXPECT_EQ(api::to_json(spec), expected);
  EXPECT_EQ(api::to_json(json(expected.dump())), expected);
}

TEST(JobFile, the_name_or_the_first_character_tells_the_language) {
  const std::string text = "{\"name\": \"x\"}";
  EXPECT_EQ(parse_job_file("job", "\n " + text, "/").name, "x");
  EXPECT_EQ(parse_job_file("job", "name = 'x'", "/").name, "x");
  EXPECT_NE(fault_of("job.toml", text), "");
  EXPECT_NE(fault_of("job.json", "name = 'x'"), "");
}

TEST(JobFile, durations_and_sizes_may_have_units) {
  const JobSpec spec = toml(R"(
logMax = "64M"
[limits]
memoryMax = "2G"
memoryHigh = "1.5GiB"
wallTime = "1m30s"
silence = "250ms"
cpuTime = 5
[stopping]
grace = "5m"
[lifetime]
bound = "lease"
ttl = "1h"
[restart]
policy = "on_failure"
delay = "1s"
maxDelay = "1m"
resetAfter = "1d"
)");
  using std::chrono::milliseconds;
  EXPECT_EQ(spec.log_max, 64 << 20);
  EXPECT_EQ(spec.limits.memory_max, std::int64_t{2} << 30);
  EXPECT_EQ(spec.limits.memory_high, std::int64_t{3} << 29);
  EXPECT_EQ(spec.limits.wall_time, milliseconds(90'000));
  EXPECT_EQ(spec.limits.silence, milliseconds(250));
  EXPECT_EQ(spec.limits.cpu_time, milliseconds(5));
  EXPECT_EQ(spec.stopping->grace, milliseconds(300'000));
  EXPECT_EQ(spec.lifetime->ttl, milliseconds(3'600'000));
  EXPECT_EQ(spec.restart->delay, milliseconds(1000));
  EXPECT_EQ(spec.restart->max_delay, milliseconds(60'000));
  EXPECT_EQ(spec.restart->reset_after, milliseconds(86'400'000));
}

TEST(JobFile, S6_relative_paths_start_from_the_directory_of_the_file) {
  JobSpec spec = toml(std::string(kTrue) +
                      "workingDirectory = 'src'\ninput = {kind = 'file', path = './in'}\n"
                      "output = {kind = 'file', path = '../out'}");
  EXPECT_EQ(spec.base_directory, "/etc/jobs");
  EXPECT_EQ(spec.working_directory, "/etc/jobs/src");
  EXPECT_EQ(spec.input->path, "/etc/jobs/in");
  EXPECT_EQ(spec.output->path, "/etc/jobs/../out");
  spec = toml(std::string(kTrue) + "workingDirectory = '.'\nbaseDirectory = 'bin'");
  EXPECT_EQ(spec.working_directory, "/etc/jobs");
  EXPECT_EQ(spec.base_directory, "/etc/jobs/bin");
  EXPECT_EQ(toml("name = 'x'").base_directory, std::nullopt);
}

TEST(JobFile, inside_another_root_relative_paths_start_from_there) {
  const JobSpec spec = toml(std::string(kTrue) + "rootDirectory = 'image'\nworkingDirectory = 'src'");
  EXPECT_EQ(spec.root_directory, "/etc/jobs/image");
  EXPECT_EQ(spec.working_directory, "/src");
  EXPECT_EQ(spec.base_directory, "/");
}

TEST(JobFile, the_callers_environment_is_inherited_unless_refused) {
  EXPECT_EQ(toml("").inherit_environment, true);
  EXPECT_EQ(toml("inheritEnvironment = false").inherit_environment, false);
}

TEST(JobFile, D4_unknown_keys_are_refused_with_the_known_ones) {
  EXPECT_EQ(toml_fault("name = 'x'\n[limits]\n  memoryMx = 1\n"),
            "job.toml:3:3: limits.memoryMx: there is no such key: expected one of memoryMax, memoryHigh, cpuMax, "
            "cpuWeight, ioWeight, processesMax, wallTime, silence, cpuTime, rlimits");
  EXPECT_EQ(json_fault("{\n  \"commands\": [\n    {\"argv\": [\"x\"], \"cwd\": \"/\"}\n  ]\n}"),
            "job.json:3:21: commands[0].cwd: there is no such key: expected one of argv, argv0");
  EXPECT_TRUE(contains(toml_fault("command = 'make'"), "job.toml:1:1: command: there is no such key: expected one of commands, name,"));
}

TEST(JobFile, D4_wrong_types_are_refused_with_the_right_one) {
  EXPECT_EQ(toml_fault("\nnice = 'x'"), "job.toml:2:1: nice: expected a whole number");
  EXPECT_EQ(toml_fault("nice = 1.0"), "job.toml:1:1: nice: expected a whole number");
  EXPECT_EQ(toml_fault("noNewPrivileges = 1"), "job.toml:1:1: noNewPrivileges: expected true or false");
  EXPECT_EQ(toml_fault("name = 1"), "job.toml:1:1: name: expected a string");
  EXPECT_EQ(toml_fault("commands = 'make'"), "job.toml:1:1: commands: expected a list, each a table with argv, argv0");
  EXPECT_EQ(toml_fault("commands = [{argv = [\n'a',\n 7]}]"), "job.toml:3:2: commands[0].argv[1]: expected a string");
  EXPECT_EQ(toml_fault("output = {kind = 'tape'}"),
            "job.toml:1:11: output.kind: expected one of null, log, fd, file, pipe, pty, journal, data");
  EXPECT_EQ(toml_fault("output = 'log'"), "job.toml:1:1: output: expected a table with kind, fd, path, append");
  EXPECT_EQ(toml_fault("limits = {cpuMax = '1'}"), "job.toml:1:11: limits.cpuMax: expected a number");
  EXPECT_EQ(toml_fault("limits = {memoryMax = true}"),
            "job.toml:1:11: limits.memoryMax: expected a size such as \"512M\" or \"2G\", or bytes");
  EXPECT_EQ(toml_fault("limits = {wallTime = 1.5}"),
            "job.toml:1:11: limits.wallTime: expected a duration such as \"10s\" or \"1m30s\", or milliseconds");
  EXPECT_EQ(json_fault("{\"environment\":\n {\"A\": 1}}"), "job.json:2:3: environment.A: expected a string");
  EXPECT_EQ(json_fault("[]"), "job.json:1:1: expected a table with commands, name, slice, labels, baseDirectory, "
                              "workingDirectory, environment, inheritEnvironment, user, group, supplementaryGroups, umask, "
                              "nice, oomScoreAdjust, noNewPrivileges, delegate, rootDirectory, input, output, error, inputData, "
                              "terminalSize, bytesFd, limits, limitsRequired, containmentRequired, stopping, lifetime, "
                              "restart, priority, logMax, logDrop");
}

TEST(JobFile, D4_what_is_missing_is_told_where_it_should_be) {
  EXPECT_EQ(toml_fault("name = 'x'\n[[commands]]\nargv0 = 'y'"),
            "job.toml:2:1: commands[0].argv: missing: expected a list, each a string");
  EXPECT_EQ(json_fault("{\"lifetime\": {\"ttl\": 1}}"),
            "job.json:1:2: lifetime.bound: missing: expected one of detached, connection, process, lease");
}

TEST(JobFile, D4_spellings_that_are_not_understood_are_refused) {
  EXPECT_EQ(toml_fault("[stopping]\ngrace = 'soon'"),
            "job.toml:2:1: stopping.grace: the duration \"soon\" is not understood: give a duration such as 10s, 250ms, "
            "1m30s or 2h");
  EXPECT_EQ(toml_fault("[stopping]\ngrace = '10'"),
            "job.toml:2:1: stopping.grace: the duration \"10\" has no unit: give one, as in 10s, 250ms or 1m30s, or "
            "milliseconds without quotes");
  EXPECT_EQ(json_fault("{\"logMax\": \"2 gigs\"}"),
            "job.json:1:2: logMax: the size \"2 gigs\" is not understood: give a size such as 512M, 2G or 4096, in bytes or "
            "with K, M, G or T (powers of 1024)");
  EXPECT_EQ(toml_fault("nice = '10s'"), "job.toml:1:1: nice: expected a whole number");
}

TEST(JobFile, D4_values_out_of_range_are_refused_with_the_range) {
  EXPECT_EQ(toml_fault("\nnice = 20"), "job.toml:2:1: nice: must be from -20 to 19");
  EXPECT_EQ(toml_fault("umask = 99999999999"),
            "job.toml:1:1: umask: out of range: expected -2147483648 to 2147483647");
  EXPECT_EQ(toml_fault("inputData = '?'"), "job.toml:1:1: inputData: not base64 with padding");
  EXPECT_EQ(toml_fault("[limits.rlimits]\nnofile = {soft = 2, hard = 1}"),
            "job.toml:2:11: limits.rlimits.nofile.soft: above the hard limit");
  EXPECT_EQ(toml_fault("[limits.rlimits]\nfiles = {}"),
            "job.toml:2:1: limits.rlimits.files: no such resource: see getrlimit(2) for their names");
  EXPECT_EQ(toml_fault("workingDirectory = ''"), "job.toml:1:1: workingDirectory: empty");
  EXPECT_EQ(toml_fault("[environment]\n'A=B' = ''"), "job.toml:2:1: environment.A=B: a name cannot hold '='");
  EXPECT_EQ(json_fault("{\"commands\": [{\"argv\": [\"a\\u0000b\"]}]}"),
            "job.json:1:25: commands[0].argv[0]: holds a NUL byte, which no argument can");
  EXPECT_EQ(toml_fault("name = '-x'"), "job.toml:1:1: name: a name cannot start with '.' or '-'");
}

TEST(JobFile, what_needs_a_descriptor_is_refused) {
  EXPECT_EQ(toml_fault("\noutput = {kind = 'pipe'}"),
            "job.toml:2:11: output.kind: a file has no descriptors to pass: leave the stream out, or give it another kind");
  EXPECT_EQ(toml_fault("input = {kind = 'fd', fd = 0}"),
            "job.toml:1:10: input.kind: a file has no descriptors to pass: leave the stream out, or give it another kind");
  EXPECT_EQ(toml_fault("bytesFd = 0"),
            "job.toml:1:1: bytesFd: a file has no descriptors to pass: give argv and environment");
  EXPECT_EQ(toml_fault("lifetime = {bound = 'process', fd = 0}"),
            "job.toml:1:13: lifetime.bound: a file has no descriptors to pass: give detached, connection or lease");
}

TEST(JobFile, D4_bad_syntax_is_told_with_its_place) {
  EXPECT_TRUE(contains(toml_fault("name = 'x'\nslice = \n"), "job.toml:2:9: ")) << toml_fault("name = 'x'\nslice = \n");
  EXPECT_TRUE(contains(toml_fault("name = 'x'\nname = 'y'"), "job.toml:2:")) << toml_fault("name = 'x'\nname = 'y'");
  EXPECT_TRUE(contains(toml_fault("name = 1979-05-27"), "job.toml:1:8: name: no job has a date or a time"));
  const std::string comma = json_fault("{\n  \"name\": \"x\",\n}");
  EXPECT_TRUE(contains(comma, "job.json:3:1: ")) << comma;
  EXPECT_TRUE(contains(json_fault("{\"name\": \"\xff\"}"), "job.json:1:11: ")) << json_fault("{\"name\": \"\xff\"}");
  EXPECT_NE(json_fault(""), "");
  EXPECT_NE(json_fault("{} {}"), "");
}

TEST(JobFile, D4_a_key_that_is_given_twice_is_refused) {
  EXPECT_EQ(json_fault("{\"name\": \"x\",\n \"nice\": 1, \"n\\u0061me\": \"y\"}"),
            "job.json:2:13: the key \"name\" is given twice");
  EXPECT_EQ(json_fault("{\"labels\": {\"a\": \"\", \"a\": \"\"}}"), "job.json:1:22: the key \"a\" is given twice");
}

TEST(JobFile, positions_count_characters_and_lines) {
  EXPECT_EQ(json_fault("{\"labels\": {\"a\": \"grün €\"}, \"nice\": true}"), "job.json:1:29: nice: expected a whole number");
  EXPECT_EQ(json_fault("{\"commands\": [{\"argv\": [\"a\\\"],{\", \"\\\\\"]},\n\n  {\"argv\":\t[ 1 ]}]}"),
            "job.json:3:14: commands[1].argv[0]: expected a string");
}

TEST(JobFile, a_number_that_no_machine_has_is_refused) {
  EXPECT_TRUE(contains(json_fault("{\"limits\": {\"cpuMax\": 1e999}}"), "job.json:1:1: number overflow parsing '1e999'"));
}

// Whatever stands in a file, it is taken or refused with its place.
TEST(JobFile, A3_any_bytes_are_taken_or_refused) {
  const std::pair<const char*, std::string> samples[] = {
      {"job.json", R"({"commands": [{"argv": ["a\"b", "\u00e4"]}], "limits": {"wallTime": "1m30s", "cpuMax": 1.5}, "name": null})"},
      {"job.toml", "commands = [{argv = ['a', \"\\u00e4\"]}]\n[limits]\nwallTime = '1m30s'\n[[x]]\n'y' = 1979-05-27 # z\n"}};
  const std::string alphabet = "{}[]\":,\\ \n=.'#ae1-\xff\xc3\0";
  std::mt19937 random(4);
  for (const auto& [name, sample] : samples)
    for (int round = 0; round < 5'000; ++round) {
      std::string text = sample;
      for (std::size_t changes = random() % 4; changes > 0; --changes)
        text[random() % text.size()] = alphabet[random() % alphabet.size()];
      if (random() % 4 == 0) text.resize(random() % text.size());
      try {
        static_cast<void>(parse_job_file(name, text, "/"));
      } catch (const JobFileError& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with(std::string(name) + ":")) << error.what();
      }
    }
}

TEST(JobFile, A3_deep_nesting_is_refused) {
  const std::string deep = "{\"name\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_TRUE(contains(json_fault(deep), "nested deeper than any job"));
  EXPECT_NE(toml_fault("name = " + std::string(10'000, '[') + std::string(10'000, ']')), "");
}

}  // namespace
}  // namespace coppice::cli
