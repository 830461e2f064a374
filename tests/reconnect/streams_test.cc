// Calls of many answers that break off in the middle.
#include <chrono>

#include "tests/reconnect/fixture.h"

namespace coppice::reconnect {
namespace {

class Streams : public Reconnect {};

json piece(const std::string& base64, int offset, bool end = false) {
  return {{"data", base64}, {"offset", offset}, {"at", 1}, {"end", end}};
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

json event(int sequence, std::int64_t at) {
  return {{"sequence", sequence}, {"at", at}, {"event", "ready"}, {"job", job()}};
}

TEST_F(Streams, D1_O2_logs_go_on_at_the_byte_that_comes_next) {
  const auto program = begin({"logs", "-f", kId});
  std::optional<Peer> first = daemon().accept();
  const Asked asked = first->next();
  EXPECT_EQ(asked.method, "ReadLog");
  first->reply(piece("YWJj", 0), true);
  first->reply(piece("ZGVm", 3), true);
  program->await_output("def");
  first.reset();
  Peer second = daemon().accept_again();
  const Asked again = second.next();
  EXPECT_EQ(again.parameters.at("offset"), 6);
  EXPECT_EQ(again.parameters.at("follow"), true);
  EXPECT_TRUE(again.more);
  second.reply(piece("Z2hp", 6, true));
  const Ended ended = program->end();
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.output, "abcdefghi");
}

TEST_F(Streams, D1_logs_from_the_end_go_on_where_that_was) {
  const auto program = begin({"logs", "--offset", "-2", "--json", kId});
  std::optional<Peer> first = daemon().accept();
  EXPECT_EQ(first->next().parameters.at("offset"), -2);
  first->reply(piece("YWJj", 40), true);
  first.reset();
  Peer second = daemon().accept_again();
  EXPECT_EQ(second.next().parameters.at("offset"), 43);
  second.reply(piece("", 43, true));
  EXPECT_EQ(program->end().code, 0);
}

TEST_F(Streams, D1_events_go_on_after_the_last_that_came) {
  const auto program = begin({"events", "--json", "--slice", "ci"});
  std::optional<Peer> first = daemon().accept();
  EXPECT_FALSE(first->next().parameters.contains("since"));
  first->reply(event(41, now()), true);
  first->reply(event(42, now()), true);
  program->await_output("\"sequence\":42");
  first.reset();
  Peer second = daemon().accept_again();
  const json again = second.next().parameters;
  EXPECT_EQ(again.at("since"), 42);
  EXPECT_EQ(again.at("slice"), "ci");
  second.reply(event(43, now()), true);
  program->await_output("\"sequence\":43");
  second.refuse("ShuttingDown");
  EXPECT_EQ(program->end().code, 1);
}

TEST_F(Streams, D1_events_of_the_gap_are_told_although_none_came_before_it) {
  const auto program = begin({"events", "--json"});
  std::optional<Peer> first = daemon().accept();
  first->next();
  first.reset();
  Peer second = daemon().accept_again();
  EXPECT_EQ(second.next().parameters.at("since"), 0);
  second.reply(event(7, 1), true);
  second.reply(event(8, now()), true);
  second.reply(event(9, now()), true);
  program->await_output("\"sequence\":9");
  second.refuse("ShuttingDown");
  const std::string output = program->end().output;
  EXPECT_EQ(output.find("\"sequence\":7"), std::string::npos) << output;
  EXPECT_NE(output.find("\"sequence\":8"), std::string::npos) << output;
}

TEST_F(Streams, D1_events_since_a_number_ask_for_that_until_one_has_come) {
  const auto program = begin({"events", "--json", "--since", "5"});
  std::optional<Peer> first = daemon().accept();
  EXPECT_EQ(first->next().parameters.at("since"), 5);
  first.reset();
  Peer second = daemon().accept_again();
  EXPECT_EQ(second.next().parameters.at("since"), 5);
  second.reply(event(6, 1), true);
  program->await_output("\"sequence\":6");
  second.refuse("ShuttingDown");
  EXPECT_EQ(program->end().code, 1);
}

TEST_F(Streams, D1_a_list_that_breaks_off_names_each_job_once) {
  const auto program = begin({"ps", "--json"});
  std::optional<Peer> first = daemon().accept();
  EXPECT_EQ(first->next().method, "List");
  first->reply({{"job", job("running", "01A")}}, true);
  first->reply({{"job", job("running", "01B")}}, true);
  first.reset();
  Peer second = daemon().accept_again();
  second.next();
  for (const char* id : {"01A", "01B"}) second.reply({{"job", job("running", id)}}, true);
  second.reply({{"job", job("running", "01C")}});
  const std::string output = program->end().output;
  std::string ids;
  for (std::size_t place = 0; (place = output.find("\"id\":\"", place)) != std::string::npos; ++place)
    ids += output.substr(place + 6, 3) + " ";
  EXPECT_EQ(ids, "01A 01B 01C ");
}

}  // namespace
}  // namespace coppice::reconnect
