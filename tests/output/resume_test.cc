// A log goes on where an earlier life left it.
#include <fcntl.h>
#include <sys/wait.h>

#include <charconv>
#include <csignal>
#include <ctime>
#include <random>

#include "tests/output/fixture.h"

namespace coppice::daemon {
namespace {

using Resuming = OutputTest;

constexpr std::size_t kLine = 12;

std::string line(std::uint64_t number) {
  std::string text = std::to_string(number);
  return std::string(kLine - 1 - text.size(), '0') + text + "\n";
}

// A process that is killed at the latest with this.
class Child {
 public:
  template <class Body>
  explicit Child(Body body) : pid_(::fork()) {
    if (pid_ != 0) return;
    body();
    ::_exit(0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  void wait() {
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_;
};

// One life of a daemon: it takes what comes until it is killed.
void live(int pipe, const std::string& directory, const std::optional<LogCap>& cap) {
  asio::io_context control{1};
  Output output(control);
  auto log = std::make_shared<Log>(output, directory, "output", cap);
  const auto capture = Capture::resume(UniqueFd(::fcntl(pipe, F_DUPFD_CLOEXEC, 0)), log);
  const auto stay = asio::make_work_guard(control);
  control.run();
}

// Lives and sudden deaths of one log, while a process writes numbered lines. The test's own threads begin after that.
class Deaths : public testing::Test {
 protected:
  Deaths() {
    std::string pattern = testing::TempDir() + "/coppice-output-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~Deaths() override { std::filesystem::remove_all(directory); }

  LogPlace place() const { return {directory + "/job", "output"}; }

  void run(std::uint64_t lines, int lives, const std::optional<LogCap>& cap) {
    const unsigned seed = std::random_device()();
    RecordProperty("seed", std::to_string(seed));
    std::mt19937 random(seed);
    OutputPipe pipe = make_output_pipe();
    Child writer([&] {
      pipe.read.reset();
      std::string block;
      for (std::uint64_t number = 0; number < lines; ++number) {
        block += line(number);
        if (number % 97 != 0 && number + 1 < lines) continue;
        if (::write(pipe.write.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size())) ::_exit(1);
        block.clear();
      }
    });
    pipe.write.reset();
    for (int life = 0; life < lives; ++life) {
      Child daemon([&] { live(pipe.read.get(), place().directory, cap); });
      const timespec until{0, static_cast<long>(random() % 12'000'000)};
      ::nanosleep(&until, nullptr);
    }
    finish(std::move(pipe.read), cap);
    writer.wait();
  }

  void finish(UniqueFd pipe, const std::optional<LogCap>& cap) {
    asio::io_context control{1};
    Output output(control);
    auto log = std::make_shared<Log>(output, place().directory, "output", cap);
    const auto capture = Capture::resume(std::move(pipe), log);
    asio::co_spawn(control, log->wait_end(), [&](std::exception_ptr) { control.stop(); });
    control.run_for(kPatience);
    ASSERT_TRUE(log->ended());
    end = log->end();
    size = log->size();
  }

  std::string directory;
  Log::End end;
  std::uint64_t size = 0;
};

std::string bytes_of(const LogPlace& place, const Segment& segment) {
  std::ifstream file(place.segment(segment.begin), std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Whether it is a part of the numbered lines, from any byte of one to any byte of another.
testing::AssertionResult is_a_run_of_lines(const std::string& bytes) {
  const std::size_t first = bytes.find('\n') + 1;
  if (bytes.size() < 2 * kLine) return testing::AssertionSuccess();
  std::uint64_t number = 0;
  std::from_chars(bytes.data() + first, bytes.data() + first + kLine - 1, number);
  std::string expected = number == 0 ? "" : line(number - 1).substr(kLine - first);
  while (expected.size() < bytes.size()) expected += line(number++);
  expected.resize(bytes.size());
  if (expected == bytes) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "it breaks in a run that begins with line " << number;
}

TEST_F(Deaths, O2_no_byte_is_lost_or_doubled_though_the_daemon_is_killed_again_and_again) {
  constexpr std::uint64_t kLines = 5'000'000;
  run(kLines, 40, std::nullopt);
  std::string all, expected;
  for (const Segment& segment : find_remains(place()).segments) all += bytes_of(place(), segment);
  for (std::uint64_t number = 0; number < kLines; ++number) expected += line(number);
  EXPECT_EQ(all.size(), expected.size());
  EXPECT_TRUE(all == expected);
  EXPECT_TRUE(end.complete);
  EXPECT_EQ(size, expected.size());
}

TEST_F(Deaths, O2_a_capped_log_is_never_glued_where_bytes_are_missing) {
  constexpr std::uint64_t kMax = 64 << 10;
  run(1'000'000, 40, LogCap{kMax, config::LogDrop::oldest});
  const LogRemains remains = find_remains(place());
  std::string bytes;
  std::uint64_t kept = 0, reached = 0;
  for (const Segment& segment : remains.segments) {
    if (segment.begin != reached) bytes.clear();
    bytes += bytes_of(place(), segment);
    EXPECT_TRUE(is_a_run_of_lines(bytes)) << " of the bytes before " << segment.end;
    reached = segment.end;
    kept += segment.end - segment.begin;
  }
  EXPECT_LE(kept, kMax);
  EXPECT_GE(kept, kMax / 8 * 7);
  EXPECT_TRUE(bytes.ends_with(line(999'999)));
}

TEST_F(Resuming, what_was_discarded_is_known_after_the_restart) {
  OutputPipe pipe = make_output_pipe();
  const LogCap cap{4096, config::LogDrop::newest};
  {
    auto log = make_log("job", cap);
    auto capture = Capture::start(UniqueFd(::fcntl(pipe.read.get(), F_DUPFD_CLOEXEC, 0)), log);
    write_all(pipe.write.get(), std::string(5000, 'x'));
    run(capture->drain(kPatience));
    EXPECT_EQ(log->end().discarded, 904U);
  }
  auto log = make_log("job", cap);
  auto capture = Capture::resume(std::move(pipe.read), log);
  write_all(pipe.write.get(), "more");
  pipe.write.reset();
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_EQ(end.discarded, 908U);
  EXPECT_EQ(end.error, 0);
  EXPECT_FALSE(end.complete);
  EXPECT_EQ(contents(*log), std::string(4096, 'x'));
}

TEST_F(Resuming, a_log_whose_pipe_is_at_its_end_ends_with_what_is_there) {
  OutputPipe pipe = make_output_pipe();
  {
    auto log = make_log();
    auto capture = Capture::start(UniqueFd(::fcntl(pipe.read.get(), F_DUPFD_CLOEXEC, 0)), log);
    write_all(pipe.write.get(), "before");
    run(capture->drain(kPatience));
  }
  auto log = make_log();
  auto capture = Capture::resume(std::move(pipe.read), log);
  pipe.write.reset();
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_TRUE(end.complete);
  EXPECT_EQ(log->size(), 6U);
  LogReader reader(log, 0);
  const LogPiece piece = run(reader.follow(100));
  EXPECT_EQ(piece.data, "before");
  EXPECT_GT(piece.at.time_since_epoch().count(), 0);
  EXPECT_TRUE(piece.end);
}

TEST_F(Resuming, a_log_that_nothing_was_written_to_still_costs_no_file) {
  OutputPipe pipe = make_output_pipe();
  auto log = make_log();
  auto capture = Capture::resume(std::move(pipe.read), log);
  pipe.write.reset();
  EXPECT_TRUE(run(capture->drain(kPatience)).complete);
  settle();
  EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(Resuming, a_reader_that_asks_at_once_is_told_what_the_disk_has) {
  OutputPipe pipe = make_output_pipe();
  {
    auto log = make_log();
    auto capture = Capture::start(UniqueFd(::fcntl(pipe.read.get(), F_DUPFD_CLOEXEC, 0)), log);
    write_all(pipe.write.get(), "before");
    run(capture->drain(kPatience));
  }
  auto log = make_log();
  auto capture = Capture::resume(std::move(pipe.read), log);
  EXPECT_FALSE(log->known());
  LogReader reader(log, 3);
  EXPECT_EQ(run(reader.read(100)).data, "ore");
  write_all(pipe.write.get(), " after");
  const LogPiece piece = run(reader.follow(100));
  EXPECT_EQ(piece.data, " after");
  EXPECT_EQ(piece.offset, 6U);
}

TEST_F(Resuming, a_recalled_log_has_what_is_on_disk_and_may_be_removed) {
  OutputPipe pipe = make_output_pipe();
  {
    auto log = make_log();
    auto capture = Capture::start(std::move(pipe.read), log);
    write_all(pipe.write.get(), "one\ntwo\n");
    run(capture->drain(kPatience));
  }
  auto log = Log::recall(*output, directory + "/job", "output");
  run(log->ready());
  EXPECT_TRUE(log->ended());
  EXPECT_EQ(log->size(), 8U);
  LogReader reader(log, log->position(-4));
  const LogPiece piece = run(reader.read(100));
  EXPECT_EQ(piece.data, "two\n");
  EXPECT_TRUE(piece.end);
  log->remove();
  settle();
  EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(Resuming, a_recalled_log_that_is_not_there_is_empty) {
  auto log = Log::recall(*output, directory + "/none", "output");
  LogReader reader(log, 0);
  const LogPiece piece = run(reader.follow(100));
  EXPECT_EQ(piece.data, "");
  EXPECT_TRUE(piece.end);
}

}  // namespace
}  // namespace coppice::daemon
