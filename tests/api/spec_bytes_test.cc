// What travels in the memory file behind bytesFd, both ways.
#include "ipc/api/spec_bytes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

#include "config/check.h"
#include "ipc/api/codec.h"

namespace coppice::api {
namespace {

using namespace std::string_literals;
using config::JobSpec;
using config::Stream;

Stream file(std::optional<std::string> path) {
  Stream stream;
  stream.kind = Stream::Kind::file;
  stream.path = std::move(path);
  return stream;
}

// A spec that says only how many commands there are.
JobSpec beside(std::size_t commands) {
  JobSpec spec;
  spec.commands.resize(commands);
  return spec;
}

JobSpec given(const std::string& bytes, JobSpec spec = beside(1)) {
  give_spec_bytes(bytes, spec);
  return spec;
}

// "field: reason" of the refusal, or "".
std::string refusal(const std::string& bytes, JobSpec spec = beside(1)) {
  try {
    give_spec_bytes(bytes, spec);
  } catch (const config::InvalidSpec& error) {
    return error.what();
  }
  return "";
}

JobSpec everything() {
  JobSpec spec;
  spec.commands = {{{"\xff/prog", "", "a\xfe"}, "-\xfd"}, {{"cat"}, std::nullopt}};
  spec.environment = {{"A", ""}, {"B\xfc", "x=\xfb\n"}};
  spec.base_directory = "/\xfa";
  spec.working_directory = "/w";
  spec.root_directory = "/r";
  spec.input = file("/i");
  spec.output = file("/o\xf9");
  spec.error = file("/x");
  return spec;
}

TEST(SpecBytes, the_layout_is_the_documented_one) {
  JobSpec spec;
  spec.commands = {{{"printf", "%s", "\xff"}, std::nullopt}};
  spec.environment = {{"LANG", "C"}};
  EXPECT_EQ(take_spec_bytes(spec), "cprintf\0a%s\0a\xff\0eLANG=C\0"s);
  spec = everything();
  EXPECT_EQ(take_spec_bytes(spec),
            "c\xff/prog\0n-\xfd\0a\0aa\xfe\0ccat\0eA=\0eB\xfc=x=\xfb\n\0b/\xfa\0w/w\0r/r\0i/i\0o/o\xf9\0x/x\0"s);
}

TEST(SpecBytes, what_was_taken_is_left_out_of_the_JSON_and_comes_back) {
  JobSpec spec = everything();
  const nlohmann::json whole = to_json(spec);
  const std::string bytes = take_spec_bytes(spec);
  const nlohmann::json rest = to_json(spec);
  EXPECT_NO_THROW(static_cast<void>(rest.dump()));
  EXPECT_EQ(rest, nlohmann::json::parse(R"({"commands":[{"argv":[]},{"argv":[]}],"input":{"kind":"file"},
    "output":{"kind":"file"},"error":{"kind":"file"}})"));
  EXPECT_EQ(to_json(given(bytes, job_spec_from_json(rest))), whole);
}

TEST(SpecBytes, arguments_may_stay_in_the_JSON_beside_an_environment) {
  JobSpec spec = beside(1);
  spec.commands[0].argv = {"make"};
  spec = given("eA=1\0"s, spec);
  EXPECT_EQ(spec.commands[0].argv, std::vector<std::string>{"make"});
  EXPECT_EQ(spec.environment.at("A"), "1");
  EXPECT_EQ(refusal("", spec), "");
}

TEST(SpecBytes, what_is_malformed_is_refused_with_its_offset) {
  EXPECT_EQ(refusal("cx"), "spec.bytesFd: the string at byte 0 does not end with NUL");
  EXPECT_EQ(refusal("cx\0ay"s), "spec.bytesFd: the string at byte 3 does not end with NUL");
  EXPECT_EQ(refusal("cx\0\0"s), "spec.bytesFd: the string at byte 3 is empty: its first byte says what it is");
  EXPECT_EQ(refusal("cx\0zy\0"s),
            "spec.bytesFd: the string at byte 3 begins with a byte that is none of a b c e i n o r w x");
  EXPECT_EQ(refusal("ax\0cy\0"s),
            "spec.bytesFd: the string at byte 0 belongs to a command, and none has begun");
  EXPECT_EQ(refusal("nx\0cy\0"s),
            "spec.bytesFd: the string at byte 0 belongs to a command, and none has begun");
  EXPECT_EQ(refusal("cx\0eA\0"s), "spec.bytesFd: the string at byte 3 is no NAME=VALUE");
  EXPECT_EQ(refusal("cx\0e=A\0"s), "spec.bytesFd: the string at byte 3 is no NAME=VALUE");
}

TEST(SpecBytes, what_is_given_twice_is_refused) {
  EXPECT_EQ(refusal("cx\0eA=1\0eA=2\0"s),
            "spec.bytesFd: the string at byte 8 gives the variable A a second time");
  EXPECT_EQ(refusal("cx\0ny\0nz\0"s),
            "spec.bytesFd: the string at byte 6 gives argv0 of the command a second time");
  EXPECT_EQ(refusal("w/\0w/\0"s), "spec.bytesFd: the string at byte 3 gives workingDirectory a second time");
  JobSpec both = beside(1);
  both.commands[0].argv = {"true"};
  EXPECT_EQ(refusal("cx\0"s, both),
            "spec.commands[0].argv: must be empty where bytesFd gives the arguments");
  both = beside(1);
  both.commands[0].argv0 = "y";
  EXPECT_EQ(refusal("cx\0ny\0"s, both), "spec.commands[0].argv0: must be left out where bytesFd gives it");
  both = beside(1);
  both.environment["B"] = "";
  EXPECT_EQ(refusal("eA=1\0"s, both), "spec.environment: must be empty where bytesFd gives the environment");
  both = beside(1);
  both.base_directory = "/";
  EXPECT_EQ(refusal("b/\0"s, both), "spec.bytesFd: the string at byte 0 gives baseDirectory a second time");
  both = beside(1);
  both.output = file("/a");
  EXPECT_EQ(refusal("o/b\0"s, both), "spec.bytesFd: the string at byte 0 gives output.path a second time");
}

TEST(SpecBytes, there_are_as_many_programs_as_commands) {
  EXPECT_EQ(refusal("cx\0cy\0"s),
            "spec.commands: has 1 entries where bytesFd gives 2 programs");
  EXPECT_EQ(refusal("cx\0"s, beside(2)), "spec.commands: has 2 entries where bytesFd gives 1 programs");
}

TEST(SpecBytes, a_path_needs_a_stream_of_kind_file) {
  EXPECT_EQ(refusal("i/x\0"s), "spec.bytesFd: the string at byte 0 is a path of input, which is of no kind file");
  JobSpec log = beside(1);
  log.error = Stream();
  log.error->kind = Stream::Kind::log;
  EXPECT_EQ(refusal("x/x\0"s, log),
            "spec.bytesFd: the string at byte 0 is a path of error, which is of no kind file");
}

TEST(SpecBytes, A4_size_and_number_of_strings_are_bounded) {
  EXPECT_EQ(refusal(std::string(config::cap::kBytes + 1, 'a')), "spec.bytesFd: is over 8388608 bytes");
  std::string many = "cx\0"s;
  while (many.size() < config::cap::kBytes - 2) many += "a\0"s;
  EXPECT_NE(refusal(many).find("there are too many strings"), std::string::npos) << refusal(many);
}

TEST(SpecBytes, a_NUL_byte_cannot_be_written) {
  JobSpec spec = beside(1);
  spec.commands[0].argv = {"a\0b"s};
  EXPECT_THROW(take_spec_bytes(spec), std::invalid_argument);
}

// Any bytes are taken or refused; what is taken is written back as it was, but for the order.
TEST(SpecBytes, A3_any_bytes_are_taken_or_refused) {
  std::mt19937 random(3);
  const std::string alphabet = "caanebwriox=/\0\0\0\xff"s;
  int taken = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string bytes(random() % 24, '\0');
    for (char& byte : bytes) byte = alphabet[random() % alphabet.size()];
    JobSpec spec = beside(random() % 3);
    spec.output = file(std::nullopt);
    const std::size_t commands = spec.commands.size();
    try {
      give_spec_bytes(bytes, spec);
    } catch (const config::InvalidSpec&) {
      continue;
    }
    ++taken;
    const nlohmann::json::array_t before = to_json(spec).at("commands");
    EXPECT_EQ(before.size(), commands);
    if (spec.commands.empty() || spec.commands[0].argv.empty()) continue;
    const JobSpec whole = spec;
    const std::string again = take_spec_bytes(spec);
    EXPECT_EQ(again.size(), bytes.size());
    give_spec_bytes(again, spec);
    EXPECT_EQ(spec.environment, whole.environment);
    EXPECT_EQ(spec.commands.back().argv, whole.commands.back().argv);
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace coppice::api
