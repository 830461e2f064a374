#include "ipc/varlink/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace coppice::varlink {
namespace {

using nlohmann::json;

TEST(Message, a_call_may_leave_everything_but_the_method_out) {
  for (const char* text : {R"({"method":"a.B"})", R"({"method":"a.B","parameters":null})",
                           R"({"method":"a.B","parameters":{},"more":false,"oneway":false,"upgrade":null})"}) {
    const Request request = decode_call(text);
    EXPECT_EQ(request.method, "a.B");
    EXPECT_EQ(request.parameters, json::object());
    EXPECT_FALSE(request.more || request.oneway || request.upgrade);
  }
}

TEST(Message, what_is_no_call_is_refused) {
  for (const char* text :
       {"", "null", "[]", "1", "{}", R"({"method":1})", R"({"method":"a.B","parameters":[]})", R"({"parameters":{}})",
        R"({"method":"a.B","more":1})", R"({"method":"a.B","extra":1})", R"({"method":"a.B","method":"a.B"})",
        R"({"method":"a.B","more":true,"oneway":true})", R"({"method":"a.B","more":true,"upgrade":true})",
        R"({"method":"a.B"}x)", R"({"method":"a.B"}{})", R"({"method":"a.B",})", "\xEF\xBB\xBF{\"method\":\"a.B\"}",
        R"({"method":"a.B","continues":true})", "{'method':'a.B'}", R"({"method":"a.B"} // comment)"})
    EXPECT_THROW(decode_call(text), ProtocolError) << text;
}

TEST(Message, a_key_twice_is_refused_at_any_depth) {
  EXPECT_THROW(read_object(R"({"a":{"b":[{"c":1,"c":1}]}})"), ProtocolError);
  EXPECT_NO_THROW(read_object(R"({"a":{"b":[{"c":1},{"c":1}]}})"));
}

TEST(Message, bytes_that_are_not_utf8_are_refused) {
  for (const char* text : {"{\"a\":\"\xFF\"}", "{\"a\":\"\xC0\x80\"}", "{\"a\":\"\xED\xA0\x80\"}", "{\"a\":\"\xE2\x82\"}",
                           "{\"a\":\"\\ud800\"}", "{\"\xFF\":1}"})
    EXPECT_THROW(read_object(text), ProtocolError) << text;
  EXPECT_EQ(read_object("{\"a\":\"\xE2\x82\xAC\"}")["a"], "\xE2\x82\xAC");
}

TEST(Message, depth_is_bounded) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_NO_THROW(read_object(nested(kMaxDepth)));
  EXPECT_THROW(read_object(nested(kMaxDepth + 1)), ProtocolError);
  EXPECT_THROW(read_object("{\"a\":" + std::string(1'000'000, '[')), ProtocolError);
}

TEST(Message, the_number_of_values_is_bounded) {
  EXPECT_NO_THROW(read_object("{\"a\":[1,2,3]}", 5));
  EXPECT_THROW(read_object("{\"a\":[1,2,3,4]}", 5), ProtocolError);
}

TEST(Message, numbers_that_do_not_fit_are_refused) {
  EXPECT_THROW(read_object(R"({"a":1e999})"), ProtocolError);
  EXPECT_TRUE(read_object(R"({"a":18446744073709551616})")["a"].is_number_float());
}

TEST(Message, values_come_through_unchanged) {
  const char* text = R"({"a":[1,-1,1.5,"x",true,null,{"b":{}},[]],"c":18446744073709551615})";
  EXPECT_EQ(read_object(text), json::parse(text));
}

TEST(Message, a_reply_says_only_what_it_must) {
  using namespace std::string_literals;
  EXPECT_EQ(encode_reply("{}", false, ""), "{\"parameters\":{}}\0"s);
  EXPECT_EQ(encode_reply(encode_parameters(nullptr), false, ""), "{\"parameters\":{}}\0"s);
  EXPECT_EQ(encode_reply(encode_parameters({{"a", 1}}), true, ""), "{\"continues\":true,\"parameters\":{\"a\":1}}\0"s);
  EXPECT_EQ(encode_reply(encode_parameters({{"a", 1}}), false, "a.E"), "{\"error\":\"a.E\",\"parameters\":{\"a\":1}}\0"s);
  EXPECT_EQ(encode_call("a.B", json::object(), true, false, false),
            "{\"method\":\"a.B\",\"more\":true,\"parameters\":{}}\0"s);
}

TEST(Message, a_reply_is_possible_whatever_bytes_it_holds) {
  EXPECT_EQ(encode_reply(encode_parameters({{"a", "\xFF"}}), false, "").find('\xFF'), std::string::npos);
}

TEST(Message, what_is_no_reply_is_refused) {
  EXPECT_EQ(decode_reply(R"({"error":null,"continues":false})").error, "");
  for (const char* text : {R"({"method":"a.B"})", R"({"error":1})", R"({"error":"a.E","continues":true})",
                           R"({"parameters":1})", R"({"continues":"yes"})"})
    EXPECT_THROW(decode_reply(text), ProtocolError) << text;
}

}  // namespace
}  // namespace coppice::varlink
