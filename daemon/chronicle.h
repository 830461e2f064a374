// Makes each change of a job last, and then makes it known: first the register, then the events.
//
// What cannot be recorded but must happen all the same (an end, on a full disk) happens; that is complained of once. One
// thread, the control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/job.h"
#include "daemon/event_hub.h"
#include "daemon/job_record.h"
#include "daemon/register/register.h"
#include "daemon/slice_bounds.h"
#include "ipc/api/cbor.h"

namespace coppice::daemon {

// The names of what a record holds beside the parts of a job.
namespace entry {
inline constexpr char kJob[] = "job";
inline constexpr char kParts[] = "parts";
// In place of parts: all of it, recorded again.
inline constexpr char kWhole[] = "whole";
inline constexpr char kEvent[] = "event";
inline constexpr char kSequence[] = "sequence";
inline constexpr char kAt[] = "at";
inline constexpr char kRemoved[] = "removed";
inline constexpr char kSlice[] = "slice";
inline constexpr char kMaxJobs[] = "maxJobs";
inline constexpr char kLimits[] = "limits";
inline constexpr char kShutdown[] = "shutdown";
}  // namespace entry

class Chronicle {
 public:
  // Without a register nothing outlives the process, as in a test. `complain` gets a sentence for the log.
  Chronicle(EventHub& events, Register* book = nullptr, std::function<void(const std::string&)> complain = {});

  // Of a new job: all of it. Throws std::system_error if it cannot be recorded; then nothing has happened.
  void begin(const JobRecord& record, config::EventKind kind, std::shared_ptr<const config::Job> job);
  // A change that is an event.
  void tell(const JobRecord& record, Parts changed, config::EventKind kind, std::shared_ptr<const config::Job> job);
  // One that is none.
  void note(const JobRecord& record, Parts changed);
  // All of it again, so that older records are superfluous.
  void note_whole(const JobRecord& record);

  // An ended job that nobody shall hear of any more.
  void note_removed(const std::string& id);
  void note_bounds(std::string_view slice, const SliceBounds& bounds);
  // The daemon was told to end; false: it has been started anew since.
  void note_shutdown(bool told);

 private:
  // In the same room for each entry: begin, write what it holds, append.
  api::Cbor& begin_entry();
  api::Cbor& begin_job_entry(const JobRecord& record);
  api::Cbor& begin_event_entry(const JobRecord& record, config::EventKind kind, config::Time at);
  void publish(const JobRecord& record, config::EventKind kind, config::Time at, std::shared_ptr<const config::Job> job);
  void append() noexcept;

  EventHub& events_;
  Register* book_;
  std::function<void(const std::string&)> complain_;
  api::Cbor entry_;
  bool complained_ = false;
};

}  // namespace coppice::daemon
