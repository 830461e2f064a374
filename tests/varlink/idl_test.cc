#include "ipc/varlink/idl.h"

#include <gtest/gtest.h>

#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

// The error that `text` is refused with; "" when it is not.
std::string refusal(const std::string& text, Dialect dialect = Dialect::full) {
  try {
    parse_interface("interface org.example\n" + text, dialect);
    return "";
  } catch (const IdlError& error) {
    return error.what();
  }
}

TEST(Idl, an_interface_is_read_whole) {
  const std::string text = read_test_file("org.example.test.varlink");
  const Interface interface = parse_interface(text, Dialect::portable);
  EXPECT_EQ(interface.name, "org.example.test");
  EXPECT_EQ(interface.text, text);
  ASSERT_NE(interface.find_type("Colour"), nullptr);
  EXPECT_EQ(interface.find_type("Colour")->values, (std::vector<std::string>{"red", "dark_blue"}));
  ASSERT_NE(interface.find_method("Count"), nullptr);
  EXPECT_EQ(interface.find_method("Count")->input.fields[1].type.kind, Type::Kind::optional);
  ASSERT_NE(interface.find_error("Refused"), nullptr);
  EXPECT_EQ(interface.find_method("Nothing"), nullptr);
}

TEST(Idl, the_certification_interface_is_read) {
  const Interface interface = parse_interface(read_test_file("org.varlink.certification.varlink"));
  EXPECT_EQ(interface.methods.size(), 13u);
}

TEST(Idl, an_error_names_its_line) {
  EXPECT_EQ(refusal("method Do(a: int, a: int) -> ()"), "line 2: field \"a\" is declared twice");
  EXPECT_EQ(refusal("\n\nmethod Do() -> (a: Nowhere)"), "line 4: type \"Nowhere\" is not declared");
  EXPECT_EQ(refusal("type A (a: int)\ntype A (b: int)"), "line 3: \"A\" is declared twice");
  EXPECT_EQ(refusal("method Do() ->"), "line 2: expected \"(\", found the end");
  EXPECT_EQ(refusal("method do() -> ()"), "line 2: expected a name that begins with a capital letter, found \"do\"");
}

TEST(Idl, what_is_no_interface_is_refused) {
  for (const char* text : {"type A (a__b: int)", "type A (a_: int)", "type A (_a: int)", "type A (1a: int)",
                           "type A (a: ??int)", "type A (a: [int]int)", "type A (a: int", "type A (a)) ",
                           "type A (a, b: int)", "type A (a: int, b)", "method A() -> (one, two)", "thing A ()",
                           "type A (a: integer)", "type A ($: int)", "method A() - > ()", "type A"})
    EXPECT_NE(refusal(text), "") << text;
}

TEST(Idl, interface_names_follow_the_specification) {
  for (const char* good : {"org.example", "a.b", "xn--lgbbat1ad8j.example.alg", "io.coppice.Jobs", "a-b.c-d", "org.4.x"})
    EXPECT_NO_THROW(parse_interface(std::string("interface ") + good)) << good;
  for (const char* bad : {"org", "org.", ".org", "1.org", "org..x", "-a.b", "a-.b", "a.-b", "a.b-", "a_b.c", ""})
    EXPECT_THROW(parse_interface(std::string("interface ") + bad), IdlError) << bad;
}

TEST(Idl, nesting_has_an_end) {
  std::string text = "type A (a: ";
  for (int i = 0; i < 100'000; ++i) text += "[]";
  EXPECT_NE(refusal(text + "int)"), "");
}

TEST(Idl, the_portable_dialect_refuses_what_some_parsers_do) {
  const std::vector<std::string> rare = {"type A (a: [][]int)", "type A (a: any)", "error A", "type A (a: [string](b: int))",
                                         "type A (\n  a: int # a comment\n)"};
  for (const std::string& text : rare) {
    EXPECT_EQ(refusal(text), "") << text;
    EXPECT_NE(refusal(text, Dialect::portable), "") << text;
  }
  EXPECT_EQ(refusal("type A (a: [string]())", Dialect::portable), "");
}

}  // namespace
}  // namespace coppice::varlink
