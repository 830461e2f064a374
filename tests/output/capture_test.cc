#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/output/fixture.h"

namespace coppice::daemon {
namespace {

using Capturing = OutputTest;

std::set<int> descriptors_that_stay_open_on_exec() {
  std::set<int> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) open.insert(fd);
  }
  return open;
}

TEST_F(Capturing, a_job_that_writes_nothing_costs_no_file) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  pipe.write.reset();
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_TRUE(end.complete);
  EXPECT_EQ(log->size(), 0U);
  log->remove();
  settle();
  EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(Capturing, the_end_of_an_unused_pipe_is_seen_without_a_drain) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  pipe.write.reset();
  run(log->wait_end());
  EXPECT_TRUE(log->end().complete);
}

TEST_F(Capturing, O1_a_job_is_never_held_up_though_nobody_reads) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const std::string bytes = pattern_of(16 << 20, 1);
  std::thread job([&] {
    write_all(pipe.write.get(), bytes);
    pipe.write.reset();
  });
  run(log->wait_end());
  job.join();
  EXPECT_TRUE(log->end().complete);
  EXPECT_EQ(log->size(), bytes.size());
  EXPECT_TRUE(contents(*log) == bytes);
}

TEST_F(Capturing, O2_bytes_keep_their_order_whatever_the_sizes_of_writes) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const std::string bytes = pattern_of(3 << 20, 2);
  std::thread job([&] {
    std::size_t at = 0;
    for (std::size_t size = 1; at < bytes.size(); size = size * 7 % 70001 + 1) {
      const std::string_view piece = std::string_view(bytes).substr(at, size);
      write_all(pipe.write.get(), piece);
      at += piece.size();
    }
    pipe.write.reset();
  });
  run(log->wait_end());
  job.join();
  EXPECT_TRUE(contents(*log) == bytes);
}

TEST_F(Capturing, O2_lines_of_many_writers_of_one_pipe_stay_whole) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  constexpr int kWriters = 8, kLines = 5000;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int line = 0; line < kLines; ++line) {
        const std::string text = std::to_string(writer) + " " + std::to_string(line) + "\n";
        write_all(pipe.write.get(), text);
      }
    });
  }
  std::thread closer([&] {
    for (std::thread& writer : writers) writer.join();
    pipe.write.reset();
  });
  run(log->wait_end());
  closer.join();
  std::ifstream file(log->place().segment(0));
  std::vector<int> next(kWriters, 0);
  int writer = 0, line = 0, lines = 0;
  while (file >> writer >> line) {
    ASSERT_EQ(line, next.at(static_cast<std::size_t>(writer))++);
    ++lines;
  }
  EXPECT_EQ(lines, kWriters * kLines);
}

TEST_F(Capturing, what_is_in_the_pipe_when_the_job_ends_is_in_the_log_after_the_drain) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  write_all(pipe.write.get(), "last words");
  pipe.write.reset();
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_TRUE(end.complete);
  EXPECT_EQ(contents(*log), "last words");
  struct stat status {};
  ASSERT_EQ(::stat(log->place().segment(0).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(Capturing, K6_a_stranger_that_holds_the_unused_pipe_is_not_waited_for) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_FALSE(end.complete);
  EXPECT_EQ(end.error, 0);
  EXPECT_TRUE(log->ended());
}

TEST_F(Capturing, K6_a_stranger_that_holds_the_used_pipe_is_not_waited_for) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  write_all(pipe.write.get(), "first");
  run(log->wait_growth(0));
  write_all(pipe.write.get(), " second");
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_FALSE(end.complete);
  EXPECT_EQ(contents(*log), "first second");
}

TEST_F(Capturing, K6_a_stranger_that_writes_on_and_on_is_cut_off) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  std::thread stranger([&] {
    ::signal(SIGPIPE, SIG_IGN);
    const std::string bytes(4096, 'x');
    while (::write(pipe.write.get(), bytes.data(), bytes.size()) > 0) {
    }
  });
  run(log->wait_growth(1 << 20));
  const Log::End end = run(capture->drain(kPatience));
  stranger.join();
  EXPECT_FALSE(end.complete);
  EXPECT_EQ(contents(*log).size(), log->size());
}

TEST_F(Capturing, many_at_once_all_get_their_share_and_are_whole) {
  constexpr unsigned kJobs = 64;
  constexpr std::size_t kSize = 1 << 20;
  std::vector<std::shared_ptr<Log>> logs;
  std::vector<std::shared_ptr<Capture>> captures;
  std::vector<std::thread> jobs;
  for (unsigned job = 0; job < kJobs; ++job) {
    OutputPipe pipe = make_output_pipe();
    logs.push_back(make_log("job" + std::to_string(job)));
    captures.push_back(Capture::start(std::move(pipe.read), logs.back()));
    jobs.emplace_back([job, end = std::move(pipe.write)]() mutable {
      write_all(end.get(), pattern_of(kSize, job));
      end.reset();
    });
  }
  for (unsigned job = 0; job < kJobs; ++job) run(logs[job]->wait_end());
  for (std::thread& job : jobs) job.join();
  for (unsigned job = 0; job < kJobs; ++job)
    EXPECT_TRUE(contents(*logs[job]) == pattern_of(kSize, job)) << "job " << job;
}

TEST_F(Capturing, a_quiet_job_is_heard_beside_one_that_never_pauses) {
  auto loud_log = make_log("loud");
  auto quiet_log = make_log("quiet");
  OutputPipe loud = make_output_pipe();
  OutputPipe quiet = make_output_pipe();
  auto loud_capture = Capture::start(std::move(loud.read), loud_log);
  auto quiet_capture = Capture::start(std::move(quiet.read), quiet_log);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    const std::string bytes(65536, 'x');
    while (!stop) write_all(loud.write.get(), bytes);
    loud.write.reset();
  });
  run(loud_log->wait_growth(1 << 20));
  write_all(quiet.write.get(), "heard");
  run(quiet_log->wait_growth(0));
  stop = true;
  writer.join();
  EXPECT_EQ(contents(*quiet_log), "heard");
  run(loud_log->wait_end());
}

TEST_F(Capturing, O5_a_log_that_cannot_be_made_costs_its_bytes_and_not_the_job) {
  const auto begin = std::chrono::steady_clock::now();
  auto log = std::make_shared<Log>(*output, directory + "/missing/job", "output");
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  std::thread job([&] {
    write_all(pipe.write.get(), std::string(1 << 20, 'x'));
    pipe.write.reset();
  });
  run(log->wait_end());
  job.join();
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_FALSE(end.complete);
  EXPECT_EQ(end.error, ENOENT);
  EXPECT_EQ(end.discarded, 1U << 20);
  EXPECT_EQ(log->size(), 0U);
  // Whoever watches for silence is not deceived.
  EXPECT_GE(log->last_output(), begin);
}

TEST_F(Capturing, O5_a_full_disk_costs_the_newest_bytes_and_says_how_many) {
  const std::string disk = small_disk();
  if (disk.empty()) GTEST_SKIP() << "mounting a tmpfs needs CAP_SYS_ADMIN";
  auto log = std::make_shared<Log>(*output, disk + "/job", "output");
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  const std::string bytes = pattern_of(3 << 20, 5);
  std::thread job([&] {
    write_all(pipe.write.get(), bytes);
    pipe.write.reset();
  });
  run(log->wait_end());
  job.join();
  const Log::End end = run(capture->drain(kPatience));
  EXPECT_FALSE(end.complete);
  EXPECT_EQ(end.error, ENOSPC);
  EXPECT_GT(log->size(), 512U << 10);
  EXPECT_EQ(log->size() + end.discarded, bytes.size());
  EXPECT_TRUE(contents(*log) == bytes.substr(0, log->size()));
}

TEST_F(Capturing, a_capture_that_is_dropped_ends_its_log_and_leaves_no_descriptor) {
  auto used_log = make_log("used");
  auto unused_log = make_log("unused");
  const std::size_t before = open_descriptors();
  OutputPipe used = make_output_pipe();
  OutputPipe unused = make_output_pipe();
  auto used_capture = Capture::start(std::move(used.read), used_log);
  auto unused_capture = Capture::start(std::move(unused.read), unused_log);
  write_all(used.write.get(), "x");
  run(used_log->wait_growth(0));
  used_capture.reset();
  unused_capture.reset();
  EXPECT_TRUE(used_log->ended());
  EXPECT_TRUE(unused_log->ended());
  used.write.reset();
  unused.write.reset();
  settle();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Capturing, removing_leaves_neither_file_nor_directory) {
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  write_all(pipe.write.get(), "x");
  pipe.write.reset();
  run(capture->drain(kPatience));
  EXPECT_TRUE(std::filesystem::exists(log->place().segment(0)));
  log->remove();
  settle();
  EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(Capturing, descriptors_of_ours_close_on_exec) {
  // What the test was started with is not ours.
  const std::set<int> inherited = descriptors_that_stay_open_on_exec();
  auto log = make_log();
  OutputPipe pipe = make_output_pipe();
  auto capture = Capture::start(std::move(pipe.read), log);
  write_all(pipe.write.get(), "x");
  run(log->wait_growth(0));
  const UniqueFd client = run(log->open_afresh());
  EXPECT_EQ(descriptors_that_stay_open_on_exec(), inherited);
}

}  // namespace
}  // namespace coppice::daemon
