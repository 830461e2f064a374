// Where a reader begins by time and by lines, and when pieces came.
#include <string>
#include <vector>

#include "daemon/output/tail.h"
#include "tests/output/fixture.h"

namespace coppice::daemon {
namespace {

class Times : public OutputTest {
 protected:
  void begin(const std::optional<LogCap>& cap = std::nullopt) {
    pipe = make_output_pipe();
    log = make_log("job", cap);
    capture = Capture::start(std::move(pipe.read), log);
  }
  // Writes, and returns a time between that and the write before.
  config::Time write(const std::string& bytes) {
    // So far apart that each has an entry of its own on disk.
    const auto since = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    while (std::chrono::system_clock::now() < since + IndexFile::kApart) std::this_thread::yield();
    const std::uint64_t before = log->size();
    const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    write_all(pipe.write.get(), bytes);
    run(log->wait_growth(before));
    return now;
  }
  // Ends it, and from now on only the disk knows.
  void recall() {
    pipe.write.reset();
    run(capture->drain(kPatience));
    log = Log::recall(*output, directory + "/job", "output");
    run(log->ready());
  }

  std::uint64_t since(config::Time time) { return run(find_since(log, time)); }
  std::uint64_t tail(std::uint64_t lines) { return run(find_tail(log, lines)); }

  std::vector<std::string> pieces() {
    LogReader reader(log, 0, LogReader::Pieces::timed);
    std::vector<std::string> all;
    config::Time last{};
    for (;;) {
      const LogPiece piece = run(reader.read(1000));
      if (piece.data.empty()) return all;
      EXPECT_GT(piece.at, last);
      last = piece.at;
      all.push_back(piece.data);
    }
  }

  OutputPipe pipe;
  std::shared_ptr<Log> log;
  std::shared_ptr<Capture> capture;
};

const std::vector<std::string> kWritten = {"one\n", "two, ", "three\nfour\n"};

TEST_F(Times, a_timed_piece_ends_where_the_time_changes) {
  begin();
  for (const std::string& bytes : kWritten) write(bytes);
  EXPECT_EQ(pieces(), kWritten);
  LogReader large(log, 0);
  EXPECT_EQ(run(large.read(1000)).data, "one\ntwo, three\nfour\n");
  recall();
  EXPECT_EQ(pieces(), kWritten);
}

TEST_F(Times, since_a_time_begins_with_the_first_byte_that_is_not_earlier) {
  begin();
  std::vector<config::Time> before;
  for (const std::string& bytes : kWritten) before.push_back(write(bytes));
  const auto check = [&] {
    EXPECT_EQ(since(config::Time{}), 0U);
    EXPECT_EQ(since(before[0]), 0U);
    EXPECT_EQ(since(before[1]), 4U);
    EXPECT_EQ(since(before[2]), 9U);
    EXPECT_EQ(since(before[2] + std::chrono::hours(1)), 20U);
  };
  check();
  recall();
  check();
}

TEST_F(Times, a_life_that_goes_on_knows_the_times_of_the_one_before) {
  begin();
  write("before\n");
  const std::uint64_t size = log->size();
  UniqueFd other(::dup(pipe.write.get()));
  recall();
  const config::Time middle = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  auto next = make_output_pipe();
  log = make_log();
  capture = Capture::resume(std::move(next.read), log);
  pipe.write = std::move(next.write);
  run(log->ready());
  write("after\n");
  EXPECT_EQ(pieces(), (std::vector<std::string>{"before\n", "after\n"}));
  EXPECT_EQ(since(middle), size);
}

TEST_F(Times, the_last_lines_are_found_from_the_end) {
  begin();
  write("one\ntwo\n\nlast without end");
  EXPECT_EQ(tail(0), 25U);
  EXPECT_EQ(tail(1), 9U);
  EXPECT_EQ(tail(2), 8U);
  EXPECT_EQ(tail(3), 4U);
  EXPECT_EQ(tail(4), 0U);
  EXPECT_EQ(tail(5), 0U);
  write("\n");
  EXPECT_EQ(tail(1), 9U);
  EXPECT_EQ(tail(4), 0U);
}

TEST_F(Times, an_empty_log_has_its_last_lines_at_its_beginning) {
  begin();
  EXPECT_EQ(tail(3), 0U);
  EXPECT_EQ(since(config::Time{}), 0U);
}

TEST_F(Times, lines_and_times_are_found_across_segments_down_to_the_first_that_is_kept) {
  begin(LogCap{4096, config::LogDrop::oldest});
  std::string all;
  config::Time middle{};
  for (int part = 0; part < 6; ++part) {
    std::string bytes;
    for (int line = 0; line < 100; ++line) bytes += "a line of 16 b.\n";
    const config::Time before = write(bytes);
    run(log->wait_growth(all.size() + bytes.size() - 1));
    if (part == 5) middle = before;
    all += bytes;
  }
  ASSERT_GT(log->segments().size(), 4U);
  const std::uint64_t first = log->segments().front().begin;
  const auto check = [&] {
    EXPECT_EQ(tail(1), all.size() - 16);
    EXPECT_EQ(tail(150), all.size() - 150 * 16);
    EXPECT_EQ(tail(1000), first);
    EXPECT_EQ(since(config::Time{}), first);
    EXPECT_EQ(since(middle), all.size() - 1600);
  };
  check();
  recall();
  check();
}

TEST_F(Times, a_line_longer_than_a_step_back_is_found_whole) {
  begin();
  const std::string bytes = "first\n" + std::string(700'000, 'x') + "\nlast\n";
  std::thread job([&] { write_all(pipe.write.get(), bytes); });
  run(log->wait_growth(bytes.size() - 1));
  job.join();
  EXPECT_EQ(tail(1), bytes.size() - 5);
  EXPECT_EQ(tail(2), 6U);
  EXPECT_EQ(tail(3), 0U);
}

}  // namespace
}  // namespace coppice::daemon
