// Standard input, output and error of one job: what the child gets, and what we keep of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <asio/awaitable.hpp>

#include "base/unique_fd.h"
#include "config/job_spec.h"
#include "daemon/bequest.h"
#include "daemon/held.h"
#include "daemon/job.h"
#include "daemon/journal/stream.h"
#include "daemon/output/capture.h"
#include "daemon/services.h"
#include "daemon/terminal/terminal.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// Descriptors that came with the request, taken out of it before it is answered, and the job's ends of pipes that were
// made for it (handed_ends.h). A stream of any other kind owns nothing here.
struct PassedStreams {
  UniqueFd input;
  UniqueFd output;
  UniqueFd error;
};

// Throws InvalidParameter naming the stream whose index does not fit.
PassedStreams take_streams(varlink::Call& call, const config::JobSpec& spec);

// Output that was not kept.
struct LostOutput {
  std::uint64_t bytes = 0;
  // errno of why, of one stream; 0: for its cap, or for a journal that took nothing.
  int error = 0;
};

struct Streams {
  // The child's ends; to be dropped once it runs, or the end of a log would never come. Output and
  // error may be the same.
  UniqueFd input;
  UniqueFd output;
  UniqueFd error;
  // Ours; null where nothing is captured, or nothing goes to the journal. `error` is null when it follows the output.
  std::shared_ptr<Capture> captured_output;
  std::shared_ptr<Capture> captured_error;
  std::shared_ptr<JournalStream> journal_output;
  std::shared_ptr<JournalStream> journal_error;

  // The job's terminal, and the first of descriptors 0, 1 and 2 that is it. What it shows is captured as the
  // stream that goes to it, output before error.
  std::shared_ptr<Terminal> terminal;
  std::optional<int> terminal_descriptor;
  // What goes to the error stream is in the log of the output.
  bool error_follows = false;

  void close_child_ends();
  // What the keeper holds of them, again for another keeper. Only when the threads of output and journal are halted.
  void bequeath(process::Box box, Bequest& bequest) const;
  int error_descriptor() const { return error ? error.get() : output.get(); }
  Logs logs() const;
  // Call when the job's tree is empty: takes what it has written by now, each stream within `bound`. Returns what
  // is known to be lost. The caller holds this meanwhile.
  asio::awaitable<LostOutput> drain(std::chrono::milliseconds bound) const;
};

// Throws InvalidSpec for a stream that goes to the journal where there is none.
void require_journal(const config::JobSpec& spec, const Journal& journal);

// Opens what the job's spec asks for, and gives the keeper what has to outlive us. Descriptors of a client are handed
// on as they are: their flags and offsets are never touched (O4). A terminal belongs to `owner`. Throws
// std::system_error for a shortage, and Exhausted when there is no terminal left.
Streams open_streams(const Job& job, uid_t owner, PassedStreams passed, Services& services);

// Lets the keeper hold what came with the request, until drop_passed().
void hold_passed(const PassedStreams& passed, KeeperClient& keeper, process::Box box);
void drop_passed(const config::JobSpec& spec, KeeperClient& keeper, process::Box box);
PassedStreams take_passed(HeldDescriptors& held);

// Of a job whose streams an earlier supervisor has opened: what the keeper held goes on where it was. The job's own ends
// are there as far as a job that is still being started, or may be started again, needs them.
Streams take_over_streams(const Job& job, HeldDescriptors held, Services& services);

}  // namespace coppice::daemon
