#include <fcntl.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tests/output/fixture.h"

namespace coppice::daemon {
namespace {

class Following : public OutputTest {
 protected:
  // A log with these bytes that has ended.
  std::shared_ptr<Log> ended_log(std::string_view bytes) {
    auto log = make_log();
    OutputPipe pipe = make_output_pipe();
    auto capture = Capture::start(std::move(pipe.read), log);
    std::thread job([&] {
      write_all(pipe.write.get(), bytes);
      pipe.write.reset();
    });
    run(log->wait_end());
    job.join();
    return log;
  }
};

asio::awaitable<std::string> read_to_end(std::shared_ptr<Log> log, std::size_t max) {
  LogReader reader(log, 0);
  std::string all;
  for (bool end = false; !end;) {
    auto reading = reader.follow(max);
    LogPiece piece = co_await std::move(reading);
    EXPECT_EQ(piece.offset, all.size());
    EXPECT_LE(piece.data.size(), max);
    EXPECT_TRUE(piece.end || !piece.data.empty());
    all += piece.data;
    end = piece.end;
  }
  co_return all;
}

TEST_F(Following, an_ended_log_is_read_in_pieces_of_the_asked_size) {
  const std::string bytes = pattern_of(100000, 3);
  EXPECT_TRUE(run(read_to_end(ended_log(bytes), 4097)) == bytes);
}

TEST_F(Following, an_empty_log_ends_at_once) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  pipe.write.reset();
  EXPECT_EQ(run(read_to_end(log, 10)), "");
}

TEST_F(Following, without_waiting_it_gives_what_is_there) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  LogReader reader(log, 0);
  LogPiece piece = run(reader.read(10));
  EXPECT_EQ(piece.data, "");
  EXPECT_FALSE(piece.end);
  write_all(pipe.write.get(), "abc");
  run(log->wait_growth(0));
  piece = run(reader.read(10));
  EXPECT_EQ(piece.data, "abc");
  EXPECT_GT(piece.at.time_since_epoch().count(), 0);
  EXPECT_FALSE(piece.end);
  EXPECT_EQ(reader.offset(), 3U);
}

TEST_F(Following, an_offset_from_the_end_is_an_offset) {
  auto log = ended_log("0123456789");
  EXPECT_EQ(log->position(4), 4U);
  EXPECT_EQ(log->position(-4), 6U);
  EXPECT_EQ(log->position(-11), 0U);
  EXPECT_EQ(log->position(INT64_MIN), 0U);
  LogReader reader(log, log->position(-3));
  const LogPiece piece = run(reader.follow(10));
  EXPECT_EQ(piece.data, "789");
  EXPECT_TRUE(piece.end);
  LogReader beyond(log, 11);
  EXPECT_TRUE(run(beyond.follow(10)).end);
}

TEST_F(Following, O6_any_number_follow_while_a_slow_one_holds_up_nobody) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const std::string bytes = pattern_of(4 << 20, 4);
  // It takes one byte and then nothing until all others have finished.
  LogReader slow(log, 0);
  write_all(pipe.write.get(), bytes.substr(0, 1));
  EXPECT_EQ(run(slow.follow(1)).data, bytes.substr(0, 1));
  std::vector<std::string> seen(8);
  std::size_t finished = 0;
  bool all = false;
  for (std::string& mine : seen) {
    auto keep = [&](std::exception_ptr error, std::string read) {
      EXPECT_FALSE(error);
      mine = std::move(read);
      all = ++finished == seen.size();
    };
    asio::co_spawn(control, read_to_end(log, 64 << 10), keep);
  }
  std::thread job([&] {
    write_all(pipe.write.get(), std::string_view(bytes).substr(1));
    pipe.write.reset();
  });
  run_until(all);
  job.join();
  for (const std::string& mine : seen) EXPECT_TRUE(mine == bytes);
  EXPECT_EQ(run(slow.follow(1)).data, bytes.substr(1, 1));
}

TEST_F(Following, a_follower_that_vanishes_is_let_go_and_others_go_on) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  asio::cancellation_signal vanish;
  std::exception_ptr failure;
  bool gone = false, stays = false;
  auto vanished = [&](std::exception_ptr error, std::string) {
    failure = error;
    gone = true;
  };
  auto stayed = [&](std::exception_ptr error, std::string read) {
    EXPECT_FALSE(error);
    EXPECT_EQ(read, "x");
    stays = true;
  };
  asio::co_spawn(control, read_to_end(log, 10),
                 asio::bind_cancellation_slot(vanish.slot(), vanished));
  asio::co_spawn(control, read_to_end(log, 10), stayed);
  // Both wait now.
  control.restart();
  control.poll();
  vanish.emit(asio::cancellation_type::terminal);
  run_until(gone);
  ASSERT_TRUE(failure);
  try {
    std::rethrow_exception(failure);
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::make_error_code(asio::error::operation_aborted));
  }
  write_all(pipe.write.get(), "x");
  pipe.write.reset();
  run_until(stays);
}

TEST_F(Following, O4_a_descriptor_for_a_client_is_a_file_description_of_its_own) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  write_all(pipe.write.get(), "abc");
  run(log->wait_growth(0));
  const UniqueFd one = run(log->open_afresh());
  const UniqueFd other = run(log->open_afresh());
  EXPECT_EQ(::fcntl(one.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_TRUE(::fcntl(one.get(), F_GETFD) & FD_CLOEXEC);
  // What a client does to its descriptor reaches neither ours nor another client's.
  ASSERT_EQ(::fcntl(one.get(), F_SETFL, O_NONBLOCK | O_APPEND), 0);
  ASSERT_EQ(::lseek(one.get(), 100, SEEK_SET), 100);
  EXPECT_EQ(::fcntl(other.get(), F_GETFL) & (O_NONBLOCK | O_APPEND), 0);
  EXPECT_EQ(::lseek(other.get(), 0, SEEK_CUR), 0);
  write_all(pipe.write.get(), "def");
  pipe.write.reset();
  run(log->wait_end());
  EXPECT_TRUE(log->end().complete);
  EXPECT_EQ(contents(*log), "abcdef");
}

TEST_F(Following, O4_a_log_that_is_still_empty_can_be_handed_out_and_then_grows) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const UniqueFd client = run(log->open_afresh());
  write_all(pipe.write.get(), "abc");
  pipe.write.reset();
  run(capture->drain(kPatience));
  char bytes[8];
  EXPECT_EQ(::pread(client.get(), bytes, sizeof bytes, 0), 3);
  log->remove();
  settle();
  EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(Following, a_removed_log_is_an_error_that_names_it) {
  auto log = ended_log("x");
  log->remove();
  settle();
  auto gone = std::make_shared<Log>(*output, directory + "/job", "output");
  gone->grew({0, 0, 1, config::Time{}});
  LogReader reader(gone, 0);
  try {
    run(reader.follow(1));
    FAIL() << "it was read";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOENT);
    EXPECT_NE(std::string(error.what()).find(gone->path()), std::string::npos);
  }
}

}  // namespace
}  // namespace coppice::daemon
