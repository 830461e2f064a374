// What is written as text and as CBOR says the same as the value in memory.
#include "ipc/api/encoder.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "ipc/api/cbor.h"
#include "ipc/api/codec.h"
#include "ipc/api/json_text.h"
#include "tests/api/sample.h"

namespace coppice::api {
namespace {

using nlohmann::json;

template <typename T>
json through_text(const T& value) {
  JsonText text;
  Encoder<JsonText>(text).structure(value);
  return json::parse(text.take());
}

template <typename T>
json through_cbor(const T& value) {
  Cbor cbor;
  Encoder<Cbor>(cbor).structure(value);
  return json::from_cbor(cbor.bytes());
}

json sample_of(const char* type, Fill fill) { return sample(jobs(), *jobs().find_type(type), fill); }

TEST(Encoder, writes_every_field_of_a_job_in_each_form) {
  for (const Fill fill : {Fill::everything, Fill::required}) {
    const config::Job job = job_from_json(sample_of("Job", fill));
    EXPECT_EQ(through_text(job), to_json(job));
    EXPECT_EQ(through_cbor(job), to_json(job));
  }
}

TEST(Encoder, writes_every_field_of_a_specification_in_each_form) {
  for (const Fill fill : {Fill::everything, Fill::required}) {
    const config::JobSpec spec = job_spec_from_json(sample_of("JobSpec", fill));
    EXPECT_EQ(through_text(spec), to_json(spec));
    EXPECT_EQ(through_cbor(spec), to_json(spec));
  }
}

TEST(JsonText, puts_commas_between_values_and_nowhere_else) {
  JsonText text;
  text.begin_object();
  text.key("a");
  text.begin_array();
  text.begin_array();
  text.end_array();
  text.begin_object();
  text.end_object();
  text.boolean(true);
  text.text("");
  text.text("[");
  text.end_array();
  text.key("b");
  text.integer(std::int64_t{-1});
  text.key("c");
  text.json("{}");
  text.end_object();
  EXPECT_EQ(text.take(), R"({"a":[[],{},true,"","["],"b":-1,"c":{}})");
}

TEST(JsonText, escapes_what_json_cannot_hold) {
  JsonText text;
  text.text("a\"\\\n\x01\xc3\xa9\xff");
  EXPECT_EQ(text.take(), "\"a\\\"\\\\\\n\\u0001\xc3\xa9\xef\xbf\xbd\"");
}

TEST(Cbor, holds_numbers_of_every_size) {
  using Limits = std::numeric_limits<std::int64_t>;
  const std::int64_t all[] = {0,      23,    24,     255,         256,           65535, 65536, 4294967295, 4294967296, Limits::max(),
                              -1,     -24,   -25,    -256,        -257,          -65537, Limits::min()};
  for (const std::int64_t number : all) {
    Cbor cbor;
    cbor.integer(number);
    EXPECT_EQ(json::from_cbor(cbor.bytes()), number);
  }
  Cbor largest;
  largest.integer(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(json::from_cbor(largest.bytes()), std::numeric_limits<std::uint64_t>::max());
  Cbor fraction;
  fraction.real(-0.25);
  EXPECT_EQ(json::from_cbor(fraction.bytes()), -0.25);
}

TEST(Cbor, keeps_text_that_is_no_utf8) {
  const std::string bytes = std::string(300, 'x') + "\xff\x01";
  Cbor cbor;
  cbor.text(bytes);
  EXPECT_EQ(json::from_cbor(cbor.bytes()).get<std::string>(), bytes);
}

}  // namespace
}  // namespace coppice::api
