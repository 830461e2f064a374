#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ipc/varlink/idl.h"
#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;

// "fits", or the path of what does not.
std::string check(const char* method, const char* parameters) {
  static const Interface interface = parse_interface(read_test_file("org.example.test.varlink"));
  const auto found = check_parameters(interface, *interface.find_method(method), json::parse(parameters));
  return found ? *found : "fits";
}

TEST(TypeCheck, a_missing_field_is_named) {
  EXPECT_EQ(check("Echo", "{}"), "text");
  EXPECT_EQ(check("Echo", R"({"text":null})"), "text");
}

TEST(TypeCheck, an_unknown_field_is_named) {
  EXPECT_EQ(check("Echo", R"({"text":"","txet":1})"), "txet");
  EXPECT_EQ(check("Shapes", R"({"nested":{"inner":{"flag":true,"flog":1}}})"), "nested.inner.flog");
}

TEST(TypeCheck, a_path_leads_into_arrays_and_maps) {
  EXPECT_EQ(check("Shapes", R"({"points":[{"x":1,"y":1},{"x":"1","y":1}]})"), "points[1].x");
  EXPECT_EQ(check("Shapes", R"({"table":{"a":{"x":1}}})"), "table.a.y");
  EXPECT_EQ(check("Shapes", R"({"points":{}})"), "points");
  EXPECT_EQ(check("Shapes", R"({"table":[]})"), "table");
}

TEST(TypeCheck, an_optional_may_be_null_or_absent) {
  EXPECT_EQ(check("Shapes", "{}"), "fits");
  EXPECT_EQ(check("Shapes", R"({"points":null,"colour":null,"set":null})"), "fits");
}

TEST(TypeCheck, an_integer_fits_a_float_and_never_the_reverse) {
  EXPECT_EQ(check("Shapes", R"({"points":[{"x":1,"y":1}]})"), "fits");
  EXPECT_EQ(check("Shapes", R"({"points":[{"x":1.0,"y":1.5}]})"), "points[0].x");
}

TEST(TypeCheck, an_integer_has_64_bits_and_a_sign) {
  EXPECT_EQ(check("Count", R"({"to":9223372036854775807})"), "fits");
  EXPECT_EQ(check("Count", R"({"to":-9223372036854775808})"), "fits");
  EXPECT_EQ(check("Count", R"({"to":9223372036854775808})"), "to");
  EXPECT_EQ(check("Count", R"({"to":true})"), "to");
}

TEST(TypeCheck, an_enumeration_takes_its_values_only) {
  EXPECT_EQ(check("Shapes", R"({"colour":"dark_blue","mode":"off"})"), "fits");
  EXPECT_EQ(check("Shapes", R"({"colour":"Red"})"), "colour");
  EXPECT_EQ(check("Shapes", R"({"mode":1})"), "mode");
}

TEST(TypeCheck, a_set_is_a_map_of_nothing) {
  EXPECT_EQ(check("Shapes", R"({"set":{"a":{},"b":{}}})"), "fits");
  EXPECT_EQ(check("Shapes", R"({"set":{"a":{"b":1}}})"), "set.a.b");
}

TEST(TypeCheck, an_object_takes_anything) {
  for (const char* value : {"1", "\"a\"", "[1,{}]", "{\"a\":{}}", "true"})
    EXPECT_EQ(check("Shapes", (std::string(R"({"anything":)") + value + "}").c_str()), "fits") << value;
}

}  // namespace
}  // namespace coppice::varlink
