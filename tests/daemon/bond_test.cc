#include "daemon/bond.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "ipc/varlink/client.h"
#include "ipc/varlink/server.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;

constexpr char kInterface[] = "interface org.example.bond\n\nmethod Move() -> ()\n";
constexpr char kMove[] = "org.example.bond.Move";

// A job with a bond that each call moves to its connection.
class BondTest : public testing::Test {
 protected:
  BondTest() {
    service_.add_interface(kInterface);
    service_.handle(kMove, [this](varlink::Call& call) -> asio::awaitable<void> {
      job_->bond()->move_to(call);
      nlohmann::json nothing = nlohmann::json::object();
      co_await call.reply(std::move(nothing));
    });
    JobRecord record;
    record.id = "01A";
    record.spec.commands.push_back({{"true"}, std::nullopt});
    job_ = std::make_shared<Job>(io_, chronicle_, std::move(record));
  }

  // One whose bond has been moved to it.
  varlink::Client connection() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
    server_.serve(UniqueFd(ends[1]));
    varlink::Client client{UniqueFd(ends[0])};
    client.send(kMove, nlohmann::json::object());
    io_.restart();
    while (!client.receive_within(0ms)) io_.run_one();
    return client;
  }

  void close(std::optional<varlink::Client>& client) {
    const std::size_t before = server_.connections();
    client.reset();
    io_.restart();
    while (server_.connections() == before) io_.run_one();
    io_.poll();
  }

  asio::io_context io_;
  EventHub events_{io_};
  Chronicle chronicle_{events_};
  varlink::Service service_{"", "", "", ""};
  varlink::Server server_{io_, service_};
  std::shared_ptr<Job> job_;
};

TEST_F(BondTest, D1_a_recovered_job_whose_client_does_not_come_back_is_ended_as_if_it_had_left) {
  job_->bind(recovered_connection_bond(io_, 1ms));
  EXPECT_FALSE(job_->end_requested());
  io_.restart();
  while (!job_->end_requested()) io_.run_one();
  EXPECT_EQ(job_->end_cause(), EndCause::connection_closed);
}

TEST_F(BondTest, D1_a_recovered_job_whose_client_comes_back_lives_as_long_as_that_connection) {
  job_->bind(recovered_connection_bond(io_, 1ms));
  std::optional<varlink::Client> client = connection();
  io_.run_for(20ms);
  EXPECT_FALSE(job_->end_requested());
  close(client);
  EXPECT_EQ(job_->end_cause(), EndCause::connection_closed);
}

TEST_F(BondTest, D1_of_several_connections_the_last_counts) {
  job_->bind(recovered_connection_bond(io_, 24h));
  std::optional<varlink::Client> first = connection();
  std::optional<varlink::Client> second = connection();
  close(first);
  EXPECT_FALSE(job_->end_requested());
  close(second);
  EXPECT_EQ(job_->end_cause(), EndCause::connection_closed);
}

TEST_F(BondTest, a_job_that_is_over_has_no_bond_left_to_break) {
  job_->bind(recovered_connection_bond(io_, 24h));
  std::optional<varlink::Client> client = connection();
  job_->record_end({});
  job_->mark_ended();
  close(client);
  EXPECT_FALSE(job_->end_requested());
}

}  // namespace
}  // namespace coppice::daemon
