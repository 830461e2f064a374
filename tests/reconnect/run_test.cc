// coppice run and start while the daemon is away.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "tests/reconnect/fixture.h"

namespace coppice::reconnect {
namespace {

class Run : public Reconnect {
 protected:
  static json started(const std::string& state = "running") { return {{"job", job(state)}}; }
  static json piece(const char* stream, const char* base64) { return {{"stream", stream}, {"data", base64}}; }
  static json ended(int code = 0) { return {{"result", result(code)}}; }
};

std::uint64_t inode_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

TEST_F(Run, D1_run_asks_for_its_job_by_the_same_key_with_the_same_descriptors) {
  const auto program = begin({"run", "--", "true"});
  std::optional<Peer> first = daemon().accept_again();
  Asked asked = first->next();
  EXPECT_EQ(asked.method, "Run");
  const auto key = asked.parameters.at("key").get<std::string>();
  EXPECT_EQ(key.size(), 32u);
  ASSERT_EQ(asked.descriptors.size(), 4u);
  first->reply(started(), true);
  first.reset();
  Peer second = daemon().accept_again();
  Asked again = second.next();
  EXPECT_EQ(again.method, "Run");
  EXPECT_EQ(again.parameters, asked.parameters);
  ASSERT_EQ(again.descriptors.size(), 4u);
  for (std::size_t index = 0; index < 4; ++index)
    EXPECT_EQ(inode_of(again.descriptors[index].get()), inode_of(asked.descriptors[index].get())) << index;
  asked.descriptors.clear();
  again.descriptors.clear();
  second.reply(started(), true);
  second.reply(ended(3));
  const Ended end = program->end();
  EXPECT_EQ(end.code, 3);
  EXPECT_EQ(end.error, "");
}

TEST_F(Run, D1_two_runs_have_two_keys) {
  std::string keys[2];
  for (std::string& key : keys) {
    const auto program = begin({"run", "--", "true"});
    Peer peer = daemon().accept_again();
    key = peer.next().parameters.at("key");
    peer.reply(started(), true);
    peer.reply(ended());
    EXPECT_EQ(program->end().code, 0);
  }
  EXPECT_NE(keys[0], keys[1]);
}

TEST_F(Run, D1_O2_output_that_comes_through_the_daemon_goes_on_at_the_next_byte_of_each_stream) {
  const auto program = begin({"run", "--silence", "1h", "--", "true"});
  std::optional<Peer> first = daemon().accept_again();
  const json asked = first->next().parameters;
  EXPECT_FALSE(asked.contains("outputFrom"));
  first->reply(started(), true);
  first->reply(piece("output", "YWJj"), true);
  first->reply(piece("error", "IQ=="), true);
  first->reply(piece("output", "ZGVm"), true);
  program->await_output("abcdef");
  first.reset();
  Peer second = daemon().accept_again();
  const json again = second.next().parameters;
  EXPECT_EQ(again.at("outputFrom"), 6);
  EXPECT_EQ(again.at("errorFrom"), 1);
  EXPECT_EQ(again.at("key"), asked.at("key"));
  second.reply(started(), true);
  second.reply(piece("output", "Z2hp"), true);
  second.reply(ended());
  const Ended end = program->end();
  EXPECT_EQ(end.output, "abcdefghi");
  EXPECT_EQ(end.error, "!");
}

TEST_F(Run, D1_start_asks_for_its_job_by_the_same_key) {
  const auto program = begin({"start", "--", "true"});
  std::optional<Peer> first = daemon().accept_again();
  const json asked = first->next().parameters;
  first.reset();
  Peer second = daemon().accept_again();
  const Asked again = second.next();
  EXPECT_EQ(again.method, "Start");
  EXPECT_EQ(again.parameters, asked);
  EXPECT_EQ(again.descriptors.size(), 1u);
  second.reply(started());
  EXPECT_EQ(program->end().output, std::string(kId) + "\n");
}

TEST_F(Run, D1_an_interrupt_while_the_daemon_is_away_stops_the_job_when_it_is_back) {
  const auto program = begin({"run", "--", "true"});
  std::optional<Peer> first = daemon().accept_again();
  first->next();
  first->reply(started(), true);
  first.reset();
  Peer second = daemon().accept();
  EXPECT_EQ(second.next().method, "org.varlink.service.GetInfo");
  program->signal(SIGINT);
  program->await_error("once more leaves the job to it");
  // The connection that waited is given up with the interrupt.
  Peer third = daemon().accept_again();
  third.next();
  third.reply(started(), true);
  Peer order = daemon().accept();
  const Asked stop = order.next();
  EXPECT_EQ(stop.method, "Stop");
  EXPECT_EQ(stop.parameters.at("job").at("id"), kId);
  order.reply({{"results", {{kId, result()}}}});
  third.reply(ended());
  EXPECT_EQ(program->end().code, 0);
}

TEST_F(Run, a_second_interrupt_while_the_daemon_is_away_leaves_the_job_to_it) {
  const auto program = begin({"run", "--", "true"});
  std::optional<Peer> first = daemon().accept_again();
  first->next();
  first->reply(started(), true);
  first.reset();
  std::optional<Peer> second = daemon().accept();
  second->next();
  daemon().die();
  second.reset();
  program->signal(SIGINT);
  program->await_error("once more leaves the job to it");
  program->signal(SIGINT);
  const Ended end = program->end();
  EXPECT_EQ(end.code, 130);
  EXPECT_NE(end.error.find("the daemon ends the job"), std::string::npos) << end.error;
}

TEST_F(Run, D1_an_order_to_stop_that_broke_with_the_daemon_is_given_again) {
  const auto program = begin({"run", "--", "true"});
  std::optional<Peer> first = daemon().accept_again();
  first->next();
  first->reply(started(), true);
  program->signal(SIGINT);
  program->await_error("once more kills it");
  std::optional<Peer> order = daemon().accept();
  EXPECT_EQ(order->next().method, "Stop");
  order.reset();
  first.reset();
  Peer second = daemon().accept_again();
  second.next();
  second.reply(started(), true);
  Peer again = daemon().accept();
  EXPECT_EQ(again.next().method, "Stop");
  again.reply({{"results", {{kId, result()}}}});
  second.reply(ended());
  const Ended end = program->end();
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.error.find("stopping"), end.error.rfind("stopping")) << end.error;
}

TEST_F(Run, D3_a_daemon_that_ended_ends_the_run) {
  const auto program = begin({"run", "--", "true"});
  std::optional<Peer> first = daemon().accept_again();
  first->next();
  first->reply(started(), true);
  daemon().end();
  first.reset();
  const Ended end = program->end();
  EXPECT_EQ(end.code, 125);
  EXPECT_NE(end.error.find("the daemon is gone"), std::string::npos) << end.error;
}

TEST_F(Run, D1_no_second_daemon_is_started_while_the_first_is_being_started_again) {
  const auto program = begin({"run", "--", "true"});
  // It hangs up instead of answering, and listens on.
  for (int death = 0; death < 3; ++death) daemon().accept().next();
  Peer peer = daemon().accept_again();
  peer.next();
  peer.reply(started(), true);
  peer.reply(ended());
  const Ended end = program->end();
  EXPECT_EQ(end.code, 0) << end.error;
}

}  // namespace
}  // namespace coppice::reconnect
