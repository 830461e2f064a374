// Files of variables.
#include "cli/env_file.h"

#include <gtest/gtest.h>

#include "cli/trouble.h"

namespace coppice::cli {
namespace {

using namespace std::string_literals;

std::string refusal_of(const std::string& text) {
  try {
    static_cast<void>(parse_env_file("ci.env", text));
  } catch (const Trouble& trouble) {
    return trouble.what();
  }
  return "";
}

TEST(EnvFile, values_are_taken_literally_to_the_end_of_the_line) {
  const Variables expected = {{"A", "1"},    {"B", "\"x\" # no comment "}, {"C", ""}, {"D", "a=b"},
                              {"E", "$A\\n"}, {"F", "\xff"},               {"A", "2"}};
  EXPECT_EQ(parse_env_file("x", "A=1\nB=\"x\" # no comment \nC=\nD=a=b\nE=$A\\n\nF=\xff\nA=2"), expected);
}

TEST(EnvFile, blank_lines_and_comments_say_nothing) {
  EXPECT_EQ(parse_env_file("x", "\n  \n# A=1\n\t# B\nC=3\n\n"), (Variables{{"C", "3"}}));
  EXPECT_TRUE(parse_env_file("x", "").empty());
}

TEST(EnvFile, export_and_indentation_are_allowed) {
  EXPECT_EQ(parse_env_file("x", "export A=1\n  export\tB= 2\n C=3"),
            (Variables{{"A", "1"}, {"B", " 2"}, {"C", "3"}}));
  EXPECT_EQ(parse_env_file("x", "export=1\nexported=2"), (Variables{{"export", "1"}, {"exported", "2"}}));
}

TEST(EnvFile, lines_may_end_as_on_Windows) {
  EXPECT_EQ(parse_env_file("x", "A=1\r\n\r\nB=2\r"), (Variables{{"A", "1"}, {"B", "2"}}));
}

TEST(EnvFile, S9_what_is_no_variable_is_refused_with_its_line) {
  EXPECT_EQ(refusal_of("A=1\nB"), "ci.env:2: no variable: give NAME=VALUE, or a comment that begins with #");
  EXPECT_EQ(refusal_of("\n\n=1"), "ci.env:3: a variable without a name: give NAME=VALUE");
  EXPECT_EQ(refusal_of("A B=1"), "ci.env:1: a name with a blank in it: give NAME=VALUE, without blanks before the =");
  EXPECT_EQ(refusal_of("A =1"), "ci.env:1: a name with a blank in it: give NAME=VALUE, without blanks before the =");
  EXPECT_EQ(refusal_of("A=\0"s), "ci.env:1: a NUL byte, which no variable can hold: is this a file of variables?");
}

TEST(EnvFile, a_file_that_is_not_there_is_named) {
  try {
    static_cast<void>(read_env_file("/no/such/file"));
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("open \"/no/such/file\": ")) << error.what();
  }
}

}  // namespace
}  // namespace coppice::cli
