// The supervisor's end of a line to a keeper, spoken to by protocol.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "process/keeper_protocol.h"
#include "process/launch.h"

namespace coppice::process::test {

// True once there is an event; false after 30 s, for the machine may be busy.
bool readable(int fd, short what = 1 /* POLLIN */);
std::string read_to_end(int fd);

class SupervisorEnd {
 public:
  explicit SupervisorEnd(UniqueFd socket) : socket_(std::move(socket)) {}

  int socket() const { return socket_.get(); }
  int send(const Request& request, const std::vector<int>& descriptors = {});
  // The next report; nothing when the keeper hung up, or after 30 s. Of a Held the descriptors are in `boxes`.
  std::optional<Report> next();
  // The first report of that type about that key; what else comes meanwhile is kept for the next call.
  template <typename T>
  std::optional<T> await(Key key) {
    for (auto report = pending_.begin(); report != pending_.end(); ++report) {
      const auto* found = std::get_if<T>(&*report);
      if (!found || found->key != key) continue;
      const T copy = *found;
      pending_.erase(report);
      return copy;
    }
    while (const auto report = next()) {
      if (const auto* found = std::get_if<T>(&*report); found && found->key == key) return *found;
      pending_.push_back(*report);
    }
    return std::nullopt;
  }
  // Answered: whatever was sent before has been taken from the socket.
  bool answers();
  // Says hello and takes the hand-over, whose states await() finds; nothing if it does not come.
  std::optional<HandedOver> greet();
  // Did the hand-over say so?
  template <typename T>
  bool handed(Key key) const {
    for (const Report& report : handed_)
      if (const auto* found = std::get_if<T>(&report); found && found->key == key) return true;
    return false;
  }
  void hang_up() { socket_.reset(); }

  // All reports, in the order in which they came. Not those of the hand-over.
  std::vector<Report> seen;
  // What was handed over.
  std::map<Box, std::map<Tag, UniqueFd>> boxes;
  // The keeper's, after greet().
  pid_t keeper_pid = 0;

 private:
  std::vector<Report> pending_;
  std::vector<Report> handed_;
  UniqueFd socket_;
};

// A command that a test started, with pipes of its own.
struct Command {
  Key key = 0;
  UniqueFd input;
  UniqueFd output;
  UniqueFd errors;
  std::string text() const { return read_to_end(output.get()); }
};

// Sends the launch; nobody has read an answer yet. `input` stands in for the pipe of the standard input.
Command send_launch(SupervisorEnd& line, Key key, const Launch& launch, int pen = -1, int input = -1);

}  // namespace coppice::process::test
