// A control thread (the test's own), an Output and a directory for logs that goes away.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "daemon/output/capture.h"
#include "daemon/output/follow.h"
#include "daemon/output/log.h"
#include "daemon/output/output.h"
#include "daemon/output/pipe.h"

namespace coppice::daemon {

// Generous: the machine may be busy with other things.
inline constexpr std::chrono::seconds kPatience{60};

class OutputTest : public testing::Test {
 protected:
  OutputTest() {
    std::string pattern = testing::TempDir() + "/coppice-output-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    output.emplace(control);
  }
  ~OutputTest() override {
    output.reset();
    if (!disk_.empty()) ::umount2(disk_.c_str(), MNT_DETACH);
    std::filesystem::remove_all(directory);
  }

  // Runs the control thread until the coroutine is done; rethrows what it throws.
  template <class Result>
  Result run(asio::awaitable<Result> coroutine) {
    std::optional<Result> result;
    std::exception_ptr failure;
    bool done = false;
    auto keep = [&](std::exception_ptr error, Result value) {
      failure = error;
      result.emplace(std::move(value));
      done = true;
    };
    asio::co_spawn(control, std::move(coroutine), keep);
    run_until(done);
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
  void run(asio::awaitable<void> coroutine) {
    std::exception_ptr failure;
    bool done = false;
    auto keep = [&](std::exception_ptr error) {
      failure = error;
      done = true;
    };
    asio::co_spawn(control, std::move(coroutine), keep);
    run_until(done);
    if (failure) std::rethrow_exception(failure);
  }

  void run_until(const bool& done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    control.restart();
    while (!done) {
      if (control.run_one_until(deadline) == 0) throw std::runtime_error("nothing came in time");
    }
  }

  // Everything posted to the writing thread so far has been done.
  void settle() {
    output.reset();
    output.emplace(control);
  }

  std::shared_ptr<Log> make_log(const std::string& job = "job", const std::optional<LogCap>& cap = std::nullopt) {
    return std::make_shared<Log>(*output, directory + "/" + job, "output", cap);
  }

  // Of one segment's file, or of all of the log.
  static std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  static std::string contents(const Log& log) {
    std::string all;
    for (const Segment& segment : find_remains(log.place()).segments) all += contents(log.place().segment(segment.begin));
    return all;
  }

  static void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd, bytes.data(), bytes.size());
      if (written < 0) throw std::runtime_error("write failed");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  // A disk of a mebibyte below `directory`, in a mount namespace that is gone with this process; "" where that needs a
  // privilege.
  std::string small_disk() {
    const std::string disk = directory + "/disk";
    std::filesystem::create_directory(disk);
    // The threads of Output are born into the namespace of whoever makes them.
    output.reset();
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("none", disk.c_str(), "tmpfs", 0, "size=1m") == 0;
    output.emplace(control);
    if (mounted) disk_ = disk;
    return disk_;
  }

  std::string directory;
  std::string disk_;
  asio::io_context control{1};
  std::optional<Output> output;
};

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

// Bytes in which every position can be told from its neighbours.
inline std::string pattern_of(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  std::uint32_t state = seed * 2654435761U + 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace coppice::daemon
