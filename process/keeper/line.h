// The line to whoever is the supervisor now.
//
// Its descriptor keeps its number when the supervisor changes: the file behind it is replaced. A thread that sends or
// receives meanwhile is done with the old file, and its next call is about the new one.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/unique_fd.h"
#include "process/keeper_protocol.h"

namespace coppice::process {

class Line {
 public:
  // `restarts`: how many supervisors there were before this one.
  explicit Line(UniqueFd socket, std::uint32_t restarts = 0) : socket_(std::move(socket)), restarts_(restarts) {}

  int descriptor() const { return socket_.get(); }

  // Waits for room. Before the supervisor has said Hello nothing is sent: the hand-over will tell it.
  void send(const Report& report);
  // Does without if there is no room.
  void hint(const Report& report);
  // The same as send(), at any time, with descriptors; false when the supervisor is gone.
  bool tell(const Report& report, std::span<const int> descriptors = {});

  // No more is read than what has been sent already.
  void hang_up();

  // The loop's, once spawners have read the old one to its end. Forgets what was said on it.
  void replace(UniqueFd socket);

  // What the supervisor has said.
  bool note_greeting() { return greeted_.exchange(true); }  // whether it had been said
  void note_serving() { serving_ = true; }
  void note_farewell(FarewellMode mode) { farewell_ = static_cast<std::uint32_t>(mode); }
  void note_alive(std::uint32_t number) { alive_ = number; }
  // What has been noted since the last call; 0 for nothing.
  std::uint32_t take_alive() { return alive_.exchange(0); }
  bool greeted() const { return greeted_; }
  bool serving() const { return serving_; }
  // How many supervisors there were before this one.
  std::uint32_t restarts() const { return restarts_; }
  // Nothing, or what is to happen after its exit.
  std::optional<FarewellMode> farewell() const;

 private:
  UniqueFd socket_;
  std::atomic<bool> greeted_{false};
  std::atomic<bool> serving_{false};
  std::atomic<std::uint32_t> farewell_{0};
  std::atomic<std::uint32_t> alive_{0};
  std::atomic<std::uint32_t> restarts_;
};

}  // namespace coppice::process
