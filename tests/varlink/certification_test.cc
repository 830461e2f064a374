// The published conformance sequence, between our server and our client.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;

const std::string kPrefix = "org.varlink.certification.";

const std::vector<std::pair<std::string, json>>& replies() {
  static const std::vector<std::pair<std::string, json>> list = {
      {"Test01", json::parse(R"({"bool":true})")},
      {"Test02", json::parse(R"({"int":1})")},
      {"Test03", json::parse(R"({"float":1.0})")},
      {"Test04", json::parse(R"({"string":"ping"})")},
      {"Test05", json::parse(R"({"bool":false,"int":2,"float":3.141592653589793,"string":"a lot of string"})")},
      {"Test06",
       json::parse(R"({"struct":{"bool":false,"int":2,"float":3.141592653589793,"string":"a lot of string"}})")},
      {"Test07", json::parse(R"({"map":{"foo":"Foo","bar":"Bar"}})")},
      {"Test08", json::parse(R"({"set":{"one":{},"two":{},"three":{}}})")},
      {"Test09", json::parse(R"({"mytype":{
          "object":{"method":"org.varlink.certification.Test09","parameters":{"map":{"foo":"Foo","bar":"Bar"}}},
          "enum":"two","struct":{"first":1,"second":"2"},"array":["one","two","three"],
          "dictionary":{"foo":"Foo","bar":"Bar"},"stringset":{"one":{},"two":{},"three":{}},
          "nullable":null,"nullable_array_struct":null,
          "interface":{"foo":[null,{"foo":"foo","bar":"bar"},null,{"one":"foo","two":"bar"}],
                       "anon":{"foo":true,"bar":false}}}})")}};
  return list;
}

json ten_replies() {
  json list = json::array();
  for (int i = 1; i <= 10; ++i) list.push_back("Reply number " + std::to_string(i));
  return list;
}

// One client's way through the sequence.
class Sequence {
 public:
  // Throws what a call out of order, or with the wrong values, is answered with.
  void expect(const Call& call, const std::string& step, json wanted) {
    json got = call.parameters();
    if (got.at("client_id") != "client-1") throw MethodError(kPrefix + "ClientIdError");
    got.erase("client_id");
    if (next_ == step && got == wanted) return;
    json difference = {{"wants", std::move(wanted)}, {"got", std::move(got)}};
    throw MethodError(kPrefix + "CertificationError", std::move(difference));
  }
  void advance(std::string next) { next_ = std::move(next); }

 private:
  std::string next_ = "Test01";
};

asio::awaitable<void> test10(Call& call, Sequence& sequence) {
  sequence.expect(call, "Test10", replies().back().second);
  const json texts = ten_replies();
  for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
    json piece = {{"string", texts[i]}};
    co_await call.reply_more(std::move(piece));
  }
  sequence.advance("Test11");
  json last = {{"string", texts.back()}};
  co_await call.reply(std::move(last));
}

void add_sequence(Service& service, Sequence& sequence) {
  service.add_interface(read_test_file("org.varlink.certification.varlink"));
  service.handle(kPrefix + "Start", [](Call& call) {
    json id = {{"client_id", "client-1"}};
    return call.reply(std::move(id));
  });
  for (std::size_t i = 0; i < replies().size(); ++i) {
    service.handle(kPrefix + replies()[i].first, [&sequence, i](Call& call) {
      sequence.expect(call, replies()[i].first, i == 0 ? json::object() : replies()[i - 1].second);
      sequence.advance(i + 1 < replies().size() ? replies()[i + 1].first : "Test10");
      return call.reply(replies()[i].second);
    });
  }
  service.handle(kPrefix + "Test10", [&sequence](Call& call) { return test10(call, sequence); });
  service.handle(kPrefix + "Test11", [&sequence](Call& call) {
    sequence.expect(call, call.oneway() ? "Test11" : "oneway", {{"last_more_replies", ten_replies()}});
    sequence.advance("End");
    return call.reply(json::object());
  });
  service.handle(kPrefix + "End", [&sequence](Call& call) {
    sequence.expect(call, "End", json::object());
    json good = {{"all_ok", true}};
    return call.reply(std::move(good));
  });
}

// A client only echoes.
json with_id(json parameters, const json& start) {
  parameters.update(start);
  return parameters;
}

TEST(Certification, our_client_passes_our_server) {
  Sequence sequence;
  TestServer server;
  server.on_loop([&] { add_sequence(server.service, sequence); });
  Client client = server.connect();
  const json start = client.call(kPrefix + "Start", json::object());
  json last = json::object();
  for (const auto& [method, reply] : replies()) last = client.call(kPrefix + method, with_id(last, start));
  client.send(kPrefix + "Test10", with_id(last, start), Mode::more);
  json texts = json::array();
  for (bool more = true; more;) {
    const Reply reply = client.receive();
    reply.throw_if_failed();
    texts.push_back(reply.parameters().at("string"));
    more = reply.continues();
  }
  json eleven = {{"last_more_replies", texts}};
  client.send(kPrefix + "Test11", with_id(std::move(eleven), start), Mode::oneway);
  EXPECT_EQ(client.call(kPrefix + "End", start), (json{{"all_ok", true}}));
}

TEST(Certification, every_reply_fits_the_interface) {
  const Interface interface = parse_interface(read_test_file("org.varlink.certification.varlink"));
  for (const auto& [method, reply] : replies())
    EXPECT_EQ(find_mismatch(interface, interface.find_method(method)->output, reply), std::nullopt) << method;
}

TEST(Certification, a_wrong_value_or_order_is_an_error) {
  Sequence sequence;
  TestServer server;
  server.on_loop([&] { add_sequence(server.service, sequence); });
  Client client = server.connect();
  const json start = client.call(kPrefix + "Start", json::object());
  EXPECT_THROW(client.call(kPrefix + "Test02", with_id({{"bool", true}}, start)), MethodError);
  client.call(kPrefix + "Test01", start);
  EXPECT_THROW(client.call(kPrefix + "Test02", with_id({{"bool", false}}, start)), MethodError);
  EXPECT_THROW(client.call(kPrefix + "End", {{"client_id", "another"}}), MethodError);
}

}  // namespace
}  // namespace coppice::varlink
