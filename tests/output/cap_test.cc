// Logs with a cap, logs of several segments, and disks that are full for a while.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <functional>
#include <string>

#include "tests/output/fixture.h"

namespace coppice::daemon {
namespace {

constexpr std::uint64_t kMax = 64 << 10;
constexpr LogCap kOldest{kMax, config::LogDrop::oldest};
constexpr LogCap kNewest{kMax, config::LogDrop::newest};

class Capped : public OutputTest {
 protected:
  // A log of these bytes, written a piece at a time and each one taken before the next, that has ended.
  std::shared_ptr<Log> ended_log(const std::string& bytes, const std::optional<LogCap>& cap, std::size_t piece) {
    auto log = make_log("job", cap);
    OutputPipe pipe = make_output_pipe();
    auto capture = Capture::start(std::move(pipe.read), log);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      write_all(pipe.write.get(), std::string_view(bytes).substr(at, piece));
      const auto taken = [&] { return !look_into_writer(pipe.write.get()); };
      run_control_until(taken);
    }
    pipe.write.reset();
    run(log->wait_end());
    return log;
  }

  // Bytes are left in the pipe.
  static int look_into_writer(int pipe) {
    int there = 0;
    ::ioctl(pipe, FIONREAD, &there);
    return there;
  }

  void run_control_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    control.restart();
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("nothing came in time");
      control.poll();
    }
  }

  std::uint64_t kept(const Log& log) {
    std::uint64_t sum = 0;
    for (const Segment& segment : find_remains(log.place()).segments) sum += segment.end - segment.begin;
    return sum;
  }
};

asio::awaitable<std::string> read_to_end(std::shared_ptr<Log> log, std::uint64_t from, std::uint64_t& first) {
  LogReader reader(log, from);
  std::string all;
  for (bool end = false; !end;) {
    auto reading = reader.follow(10000);
    LogPiece piece = co_await std::move(reading);
    if (all.empty()) first = piece.offset;
    EXPECT_EQ(piece.offset, first + all.size());
    all += piece.data;
    end = piece.end;
  }
  co_return all;
}

TEST_F(Capped, O5_the_oldest_output_goes_and_the_cap_is_kept_within_an_eighth) {
  const std::string bytes = pattern_of(1 << 20, 7);
  auto log = ended_log(bytes, kOldest, 1000);
  const std::uint64_t left = kept(*log);
  EXPECT_LE(left, kMax);
  EXPECT_GE(left, kMax / 8 * 7);
  EXPECT_EQ(log->size(), bytes.size());
  EXPECT_EQ(log->end().discarded, bytes.size() - left);
  EXPECT_EQ(log->end().error, 0);
  EXPECT_FALSE(log->end().complete);
  EXPECT_TRUE(contents(*log) == bytes.substr(bytes.size() - left));
}

TEST_F(Capped, O5_a_torrent_into_a_small_log_leaves_its_end) {
  const std::string bytes = pattern_of(8 << 20, 8);
  const LogCap least{4096, config::LogDrop::oldest};
  auto log = ended_log(bytes, least, 64 << 10);
  const std::uint64_t left = kept(*log);
  EXPECT_LE(left, 4096U);
  EXPECT_GE(left, 4096U / 8 * 7);
  EXPECT_EQ(log->end().discarded, bytes.size() - left);
  EXPECT_TRUE(contents(*log) == bytes.substr(bytes.size() - left));
  log->remove();
  settle();
  EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(Capped, O5_the_newest_output_goes_and_the_job_is_not_held_up) {
  const std::string bytes = pattern_of(1 << 20, 9);
  auto log = ended_log(bytes, kNewest, 50000);
  EXPECT_EQ(log->size(), kMax);
  EXPECT_EQ(log->end().discarded, bytes.size() - kMax);
  EXPECT_EQ(log->end().error, 0);
  EXPECT_TRUE(contents(*log) == bytes.substr(0, kMax));
}

TEST_F(Capped, what_fits_is_all_kept) {
  const std::string bytes = pattern_of(kMax, 10);
  for (const LogCap& cap : {kOldest, kNewest}) {
    auto log = ended_log(bytes, cap, 10000);
    EXPECT_TRUE(log->end().complete);
    EXPECT_EQ(log->end().discarded, 0U);
    EXPECT_TRUE(contents(*log) == bytes);
    log->remove();
    settle();
  }
}

TEST_F(Capped, a_read_of_what_is_gone_goes_on_at_the_first_byte_that_is_kept) {
  const std::string bytes = pattern_of(300000, 11);
  auto log = ended_log(bytes, kOldest, 3000);
  std::uint64_t first = 0;
  const std::string read = run(read_to_end(log, 1, first));
  EXPECT_TRUE(read == bytes.substr(first));
  EXPECT_EQ(first, bytes.size() - kept(*log));
  EXPECT_EQ(log->position(INT64_MIN), first);
}

TEST_F(Capped, O6_a_follower_that_is_overtaken_goes_on_behind_the_gap) {
  auto log = make_log("job", kOldest);
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const std::string bytes = pattern_of(1 << 20, 12);
  LogReader slow(log, 0);
  write_all(pipe.write.get(), bytes.substr(0, 100));
  EXPECT_EQ(run(slow.follow(10)).data, bytes.substr(0, 10));
  std::thread job([&] {
    write_all(pipe.write.get(), std::string_view(bytes).substr(100));
    pipe.write.reset();
  });
  // It reads on meanwhile, at a pace that makes it lose some.
  for (bool end = false; !end;) {
    const LogPiece piece = run(slow.follow(500));
    EXPECT_TRUE(piece.data == bytes.substr(piece.offset, piece.data.size()));
    end = piece.end;
  }
  job.join();
  EXPECT_EQ(slow.offset(), bytes.size());
}

TEST_F(Capped, a_descriptor_of_several_segments_is_a_copy_of_all_that_is_kept) {
  const std::string bytes = pattern_of(200000, 13);
  auto log = ended_log(bytes, kOldest, 3000);
  ASSERT_GT(log->segments().size(), 1U);
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(directory + "/job"), std::filesystem::directory_iterator());
  };
  const auto before = files();
  const std::size_t descriptors = open_descriptors();
  {
    const UniqueFd copy = run(log->open_afresh());
    EXPECT_EQ(::fcntl(copy.get(), F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDONLY);
    EXPECT_EQ(::fcntl(copy.get(), F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(::lseek(copy.get(), 0, SEEK_CUR), 0);
    EXPECT_TRUE(contents("/proc/self/fd/" + std::to_string(copy.get())) == contents(*log));
    EXPECT_EQ(files(), before);
  }
  run_control_until([&] { return open_descriptors() == descriptors; });
}

TEST_F(Capped, a_log_without_a_cap_is_several_segments_too_and_is_followed_across_them) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const std::string bytes = pattern_of(LogFile::kSegment + (1 << 20), 14);
  std::thread job([&] {
    write_all(pipe.write.get(), bytes);
    pipe.write.reset();
  });
  std::uint64_t first = 0;
  const std::string read = run(read_to_end(log, 0, first));
  job.join();
  EXPECT_TRUE(read == bytes);
  ASSERT_EQ(log->segments().size(), 2U);
  EXPECT_EQ(log->segments().back().begin, LogFile::kSegment);
  EXPECT_TRUE(log->end().complete);
}

TEST_F(Capped, O5_when_a_full_disk_has_room_again_what_comes_is_kept_behind_a_gap) {
  const std::string disk = small_disk();
  if (disk.empty()) GTEST_SKIP() << "mounting a tmpfs needs CAP_SYS_ADMIN";
  {
    std::ofstream ballast(disk + "/ballast", std::ios::binary);
    ballast << std::string(800 << 10, 'x');
  }
  auto log = std::make_shared<Log>(*output, disk + "/job", "output");
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const std::string flood = pattern_of(1 << 20, 15);
  std::thread job([&] { write_all(pipe.write.get(), flood); });
  run(log->wait_growth(0));
  job.join();
  const auto files = [&] { return find_remains(log->place()).segments; };
  run_control_until([&] { return look_into_writer(pipe.write.get()) == 0; });
  ASSERT_EQ(files().size(), 1U);
  std::filesystem::remove(disk + "/ballast");
  // One dot after the other until one is kept.
  std::uint64_t written = flood.size();
  run_control_until([&] {
    write_all(pipe.write.get(), ".");
    ++written;
    return files().size() == 2;
  });
  pipe.write.reset();
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_EQ(end.error, ENOSPC);
  EXPECT_FALSE(end.complete);
  const auto segments = files();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments.back().end, written);
  EXPECT_EQ(log->size(), written);
  EXPECT_EQ(end.discarded, segments.back().begin - segments.front().end);
  EXPECT_GE(segments.back().begin, flood.size());
  LogReader reader(log, segments.front().end);
  const LogPiece piece = run(reader.read(10));
  EXPECT_EQ(piece.offset, segments.back().begin);
  EXPECT_EQ(piece.data.substr(0, 1), ".");
}

}  // namespace
}  // namespace coppice::daemon
