// What is kept of a job beyond the life of the daemon's own processes.
//
// A Job holds one of these and changes it; each change is recorded by the part that changed, whole (chronicle.h).
// Times with "monotonic" count nanoseconds of CLOCK_MONOTONIC: good on this machine until it is started anew.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/boxed.h"
#include "config/job.h"
#include "config/job_spec.h"
#include "daemon/exceeded.h"
#include "ipc/api/cbor.h"
#include "process/launch.h"

namespace coppice::daemon {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};

// Why a job is made to end. A natural end has no cause.
enum class EndCause {
  none,
  stop,
  kill,
  connection_closed,
  // The process that it was bound to.
  process_ended,
  lease_expired,
  limit_exceeded,
  shutdown
};

struct StopRequest {
  int signal = 0;
  config::Whom whom = config::Whom::main;
  config::Milliseconds grace{};
  EndCause cause = EndCause::stop;
};

// How a job was asked to end.
struct EndWish {
  // The last one; a second takes over.
  std::optional<StopRequest> stop;
  // How many there were: tells a new one from one that has been acted on.
  unsigned stops = 0;
  EndCause kill = EndCause::none;
  // What asked first.
  EndCause first = EndCause::none;
  // By somebody. A limit that ended an attempt is not somebody.
  bool asked = false;
};

// What ends it when nobody asks.
struct BondRecord {
  config::Lifetime::Bound bound = config::Lifetime::Bound::detached;
  // Of a lease: how long it lasts, and until when, monotonic.
  std::optional<config::Milliseconds> ttl;
  std::optional<std::int64_t> lapses_at;
};

// Tells a process from every other of this boot: see process::Launched.
struct MainProcess {
  int pid = 0;
  std::uint64_t identity = 0;
  // A process::IdentityKind.
  std::uint32_t identity_kind = 0;
};

// One attempt of a job.
struct AttemptRecord {
  int number = 1;
  // The keeper knows its commands by this and the numbers behind it. Where that keeper knows none of them, nothing
  // was started.
  std::uint64_t first_key = 0;
  // Which keeper that is: its pid.
  int keeper = 0;
  config::Time begun_at{};
  // Monotonic; absent until all commands have been executed.
  std::optional<std::int64_t> executed_at;
  std::vector<MainProcess> main;
  // Of EndWish::stops, those that were acted on.
  unsigned stops_done = 0;
  // Monotonic.
  std::optional<std::int64_t> grace_ends_at;
  bool stop_delivered = false;
  bool leftovers_stopped = false;
  bool killed = false;
  std::optional<Exceeded> exceeded;
  // The fields of its limits that could not be set.
  std::vector<std::string> lacking;
  std::vector<config::Process> leftovers;
  std::vector<config::Process> found;
  std::vector<config::Stage> stages;
};

// How restarts go on.
struct RestartRecord {
  config::Milliseconds delay{};
  // Since the last that was healthy.
  std::int64_t attempts = 0;
  // When the next attempt is due, monotonic; absent while one runs.
  std::optional<std::int64_t> next_at;
};

struct JobRecord {
  std::string id;
  config::JobSpec spec;
  Owner owner;
  // Whom it runs as; absent for the daemon's own user.
  std::optional<process::Credentials> identity;
  // What its Start was called with.
  std::optional<std::string> key;
  // Where the keeper holds its descriptors.
  std::uint64_t box = 0;
  config::Time created_at{};
  // When it got its place.
  std::optional<config::Time> begun_at;
  config::State state = config::State::starting;
  std::optional<config::Time> started_at;
  EndWish end;
  AttemptRecord attempt;
  std::optional<RestartRecord> restart;
  // Where SetLimits has changed them.
  Boxed<config::Limits> limits;
  std::optional<BondRecord> bond;
  Boxed<config::Result> result;
};

// The parts that are recorded by themselves, by their names in the register.
namespace part {
inline constexpr std::string_view kState = "state";
inline constexpr std::string_view kBegunAt = "begunAt";
inline constexpr std::string_view kStartedAt = "startedAt";
inline constexpr std::string_view kEnd = "end";
inline constexpr std::string_view kAttempt = "attempt";
inline constexpr std::string_view kRestart = "restart";
inline constexpr std::string_view kLimits = "limits";
inline constexpr std::string_view kBond = "bond";
inline constexpr std::string_view kResult = "result";
}  // namespace part

using Parts = std::initializer_list<std::string_view>;

// Some parts of it; all but for the id where none are named.
void write(const JobRecord& record, Parts parts, api::Cbor& out);
// Puts what is there in place of what was. Throws config::InvalidSpec that names the part for one that makes no sense.
void put_parts(const nlohmann::json& parts, JobRecord& record);

// As a client sees it.
config::Job picture(const JobRecord& record);

}  // namespace coppice::daemon
