// What is common to the bodies of streams.h and to those that look at the streams of a job later.
#pragma once

#include <optional>
#include <string>

#include "daemon/streams.h"

namespace coppice::daemon {

// A stream that is left out of a job with a terminal goes to it.
inline config::Stream::Kind kind_of(const std::optional<config::Stream>& stream, config::Stream::Kind otherwise) {
  return stream ? stream->kind : otherwise;
}

// Its descriptor comes with the request, or from a pipe that is made with it.
inline bool is_passed(const std::optional<config::Stream>& stream) {
  using Kind = config::Stream::Kind;
  return stream && (stream->kind == Kind::fd || stream->kind == Kind::pipe);
}

// Which streams of a job with a terminal go to it.
struct TerminalUse {
  bool input = false;
  bool output = false;
  bool error = false;

  void set_roles(Streams& streams) const;
  // The job's own ends, of the terminal that is there.
  void set_slaves(Streams& streams) const;
};
TerminalUse terminal_use(const config::JobSpec& spec);

UniqueFd open_null(int flags);
UniqueFd open_input_data(const std::string& data);
// The keeper's copy of the pipe must go when ours does, or the job's input would have no end.
void watch_feed(const Job& job, KeeperClient& keeper);

}  // namespace coppice::daemon
