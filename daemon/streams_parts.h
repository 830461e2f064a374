// What the two bodies of streams.h have in common. Included by them only.
#pragma once

#include <optional>
#include <string>

#include "daemon/streams.h"

namespace coppice::daemon {

// A stream that is left out of a job with a terminal goes to it.
inline config::Stream::Kind kind_of(const std::optional<config::Stream>& stream, config::Stream::Kind otherwise) {
  return stream ? stream->kind : otherwise;
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
