// What supervisor and keeper say to each other.
//
// One SOCK_SEQPACKET pair, one message a packet, numbers in the machine's own byte order (both ends are
// on one machine; kProtocolVersion changes with the layout). A packet is a 32-bit type followed by the
// fields of its message. Descriptors travel beside it (SCM_RIGHTS).
//
// The rules:
// - Both ends say Hello first. An end that hears another version than its own hangs up.
// - The keeper answers the first Hello of a line by its own and the hand-over: what it holds (Held), the state
//   of each command that is not forgotten, and HandedOver. A later Hello is answered by Hello alone.
// - States are told as when they came about, and telling one again changes nothing: Launching, Launched,
//   Launched then Exited, Failed. Around the hand-over a report may come twice, and an older one after a newer one:
//   what is further on counts (launching < launched < exited or failed).
// - The supervisor chooses a key for each launch: never used before with this keeper (HandedOver says up to where
//   they are), top bit clear.
// - A launch is answered by Launched after the exec, or by Failed. Launched is followed by exactly one Exited.
//   Failed comes when what was started for it has been reaped: nothing of it is alive.
// - The supervisor sends nothing about a key between its Launch (or Adopt) and the answer: requests may be
//   handled by different threads of the keeper. What is sent all the same is answered as for an unknown key.
//   Hold and Drop are carried out in the order of their numbers, whatever threads read them.
// - After Failed or Exited the keeper keeps the status and the pen until Forget.
// - The keeper may wait while the supervisor's receive queue is full, so the supervisor reads always
//   and never blocks in sending (after Hello; before it nothing is sent to it).
// - What a supervisor had sent before it died is carried out before the next one is answered. An answer that is not
//   ready by then (a launch that hangs) goes to whoever is the supervisor when it is.
// - With --watchdog the keeper tells a supervisor that it starts how long it may be silent, and from its first Alive on one that
//   is silent for longer is ended like one that has died. Alive goes to no other keeper: it may not know it.
// - A supervisor that dies without Farewell is started again. When several in a row die before Serving, the keeper rests:
//   whoever connects to it (rescue_socket.h) is the supervisor then. With --attach a hang-up is a Farewell{end}.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "process/launch.h"

namespace coppice::process {

inline constexpr std::uint32_t kProtocolVersion = 2;

using Key = std::uint64_t;
inline constexpr Key kReservedKeys = Key{1} << 63;

// Descriptors are held in boxes, under tags: both are numbers of the supervisor's choice, and have nothing to do with
// keys. A tag is not 0.
using Box = std::uint64_t;
using Tag = std::uint32_t;
// How many one packet holds.
inline constexpr std::size_t kMaxHeld = 8;

// What tells a process from every other one with the same pid.
enum class IdentityKind : std::uint32_t {
  none,        // nothing is known
  inode,       // the inode number of its pidfds (Linux 6.9): unique until the next boot
  start_time,  // field 22 of /proc/PID/stat, in ticks since boot: unique together with the pid
};

// A sign that the loop of whoever sends it turns. The supervisor sends it of its own accord; the keeper's loop answers with
// the number of the latest, unless there is no room for an answer.
struct Alive {
  std::uint32_t number = 0;  // not 0
};

// --- Supervisor to keeper --------------------------------------------------------------------------

struct Hello {
  std::uint32_t version = kProtocolVersion;
  std::uint32_t pid = 0;  // the sender's
};

// Descriptors, in this order: the sealed record, standard input, output, error; the pen's
// directory if has_pen.
struct LaunchRequest {
  Key key = 0;
  std::uint32_t has_pen = 0;  // 0 or 1
  std::uint32_t reserved = 0;
};

// Answered by Signalled. Goes to the main process alone.
struct SignalRequest {
  Key key = 0;
  std::uint32_t signal = 0;
  std::uint32_t reserved = 0;
};

// No answer. Closes what is kept for the key. For a command that still runs: its exit will be reaped
// but not told.
struct Forget {
  Key key = 0;
};

// Descriptors: as many as `count`; the one at index i is kept in the box under tags[i], until Drop. What was there under
// that tag is closed. No answer.
struct Hold {
  Box box = 0;
  std::uint32_t number = 0;  // 1 for the first Hold or Drop of a line, and so on
  std::uint32_t count = 0;   // 1 to kMaxHeld
  std::array<Tag, kMaxHeld> tags{};
};

// Closes what is in the box under the tag, or with tag 0 everything in it. What is not there is none. No answer.
struct Drop {
  Box box = 0;
  std::uint32_t number = 0;  // as for Hold
  Tag tag = 0;
};

// Descriptors: a pidfd, and the pen's directory if has_pen. The keeper follows a process that is no child of its own.
// Answered like a launch; `identity` is given back with Launched, unless it is none: then the keeper finds it out.
struct AdoptRequest {
  Key key = 0;
  std::uint64_t identity = 0;
  IdentityKind identity_kind = IdentityKind::none;
  std::uint32_t pid = 0;
  std::uint32_t has_pen = 0;  // 0 or 1
  std::uint32_t reserved = 0;
};

// The supervisor is up: from now on it handles signals, and its death is no failure to start. No answer.
struct Serving {
  std::uint32_t reserved = 0;
};

// "I exit now, on purpose." What the keeper does after that exit. No answer. For leave and upgrade no launch may be
// under way: then, and if something fails, the keeper starts the supervisor again and is what it was.
enum class FarewellMode : std::uint32_t {
  // Kills what is not forgotten, by pen and pidfd, and exits with the supervisor's status.
  end = 1,
  // Leaves all that it keeps to a keeper that rests (see rescue_socket.h) and is no parent of the commands: it tells their
  // exits as of adopted ones. Exits with 0. If there is nothing to keep, nobody is left.
  leave = 2,
  // Executes its program again, which may be a newer one, and goes on with everything: same process, same
  // children. Then the supervisor is started.
  upgrade = 3,
};
struct Farewell {
  FarewellMode mode = FarewellMode::end;
};

using Request =
    std::variant<Hello, LaunchRequest, SignalRequest, Forget, Hold, Drop, AdoptRequest, Serving, Farewell, Alive>;

// --- Keeper to supervisor (and Hello) ----------------------------------------------------------------

// In a hand-over: has been asked for, and is neither launched nor failed so far.
struct Launching {
  Key key = 0;
};

struct Launched {
  Key key = 0;
  std::uint64_t identity = 0;
  IdentityKind identity_kind = IdentityKind::none;
  std::uint32_t pid = 0;
};

// The error is an errno; ECANCELED when the child was killed before it got further than the step.
struct Failed {
  Key key = 0;
  Step step = Step::record;
  std::uint32_t error = 0;
  // For Step::exec: which of the candidates the error belongs to (the first that exists but may not be
  // executed, else the last one tried). For Step::resource_limit: which of the limits.
  std::uint32_t index = 0;
  std::uint32_t reserved = 0;
};

struct Exited {
  Key key = 0;
  // As from wait(2): use WIFEXITED and its siblings; a signal stays a signal (X5).
  std::int32_t status = 0;
  // 0 for an adopted process whose status the kernel did not tell (before Linux 6.15); then all else here is 0.
  std::uint32_t known = 1;
  // Of the main process and the children that it waited for.
  std::uint64_t user_microseconds = 0;
  std::uint64_t system_microseconds = 0;
  std::uint64_t max_resident_kibibytes = 0;
};

struct Signalled {
  Key key = 0;
  std::uint32_t signal = 0;
  std::uint32_t error = 0;  // 0, ESRCH (unknown or has exited), EINVAL, EPERM
};

// So many processes that re-parented to the keeper have been reaped since the last of these. A hint
// that a pen may have become empty; at most one for each turn of the keeper's loop.
struct Orphans {
  std::uint32_t count = 0;
};

// In a hand-over, with as many descriptors as `count`: what is in the box under these tags. Several for a box that has
// more.
struct Held {
  Box box = 0;
  std::uint32_t reserved = 0;
  std::uint32_t count = 0;
  std::array<Tag, kMaxHeld> tags{};
};

// The end of the hand-over.
struct HandedOver {
  Key last_key = 0;            // the highest key that was ever used
  std::uint32_t restarts = 0;  // how often a supervisor has been started again
  std::uint32_t reserved = 0;
};

using Report = std::variant<Hello, Launching, Launched, Failed, Exited, Signalled, Orphans, Held, HandedOver, Alive>;

// --- Packets ---------------------------------------------------------------------------------------

// The descriptors that one packet may carry (the kernel's limit is SCM_MAX_FD, 253).
inline constexpr std::size_t kMaxPacketDescriptors = 64;
// Where the descriptors of a LaunchRequest are; those of an AdoptRequest.
inline constexpr std::size_t kRecordIndex = 0;
inline constexpr std::size_t kStdioIndex = 1;
inline constexpr std::size_t kPenIndex = 4;
inline constexpr std::size_t kPidfdIndex = 0;
inline constexpr std::size_t kAdoptedPenIndex = 1;

inline constexpr std::size_t kMaxPacketSize = 64;

struct Packet {
  std::array<std::byte, kMaxPacketSize> bytes;
  std::size_t size = 0;

  std::span<const std::byte> view() const { return std::span(bytes).first(size); }
};

Packet encode(const Request& request);
Packet encode(const Report& report);

// Nothing for a packet whose type is unknown, or whose size or values do not fit its type, or that carries
// another number of descriptors than it must.
std::optional<Request> decode_request(std::span<const std::byte> packet, std::size_t descriptors);
std::optional<Report> decode_report(std::span<const std::byte> packet, std::size_t descriptors = 0);

}  // namespace coppice::process
