// What supervisor and keeper say to each other.
//
// One SOCK_SEQPACKET pair, one message a packet, numbers in the machine's own byte order (both ends are
// on one machine; kProtocolVersion changes with the layout). A packet is a 32-bit type followed by the
// fields of its message. Descriptors travel beside it (SCM_RIGHTS).
//
// The rules:
// - Both ends say Hello first. An end that hears another version than its own hangs up.
// - The supervisor chooses a key for each launch: not used before on this connection, top bit clear.
// - A launch is answered once, by Launched after the exec, or by Failed. Launched is followed by exactly
//   one Exited. Failed comes when what was started for it has been reaped: nothing of it is alive.
// - The supervisor sends nothing about a key between its Launch and the answer: requests may be
//   handled by different threads of the keeper. What is sent all the same is answered as for an unknown key.
// - After Failed or Exited the keeper keeps the status and the descriptors until Forget.
// - The keeper may wait while the supervisor's receive queue is full, so the supervisor reads always
//   and never blocks in sending.
// - When the supervisor hangs up, the keeper kills what has not been forgotten.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "process/launch.h"

namespace coppice::process {

inline constexpr std::uint32_t kProtocolVersion = 1;

using Key = std::uint64_t;
inline constexpr Key kReservedKeys = Key{1} << 63;

// --- Supervisor to keeper --------------------------------------------------------------------------

struct Hello {
  std::uint32_t version = kProtocolVersion;
  std::uint32_t pid = 0;  // the sender's
};

// Descriptors, in this order: the sealed record, standard input, output, error; the pen's
// directory if has_pen; then any number to hold with the job, as by Deposit.
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

// Descriptors: those to hold until Forget. No answer; closed at once when the key is unknown.
struct Deposit {
  Key key = 0;
};

// No answer. Closes what is held for the key. For a command that still runs: its exit will be reaped
// but not told.
struct Forget {
  Key key = 0;
};

using Request = std::variant<Hello, LaunchRequest, SignalRequest, Deposit, Forget>;

// --- Keeper to supervisor (and Hello) ----------------------------------------------------------------

struct Launched {
  Key key = 0;
  std::uint32_t pid = 0;
  std::uint32_t reserved = 0;
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
  std::uint32_t reserved = 0;
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

using Report = std::variant<Hello, Launched, Failed, Exited, Signalled, Orphans>;

// --- Packets ---------------------------------------------------------------------------------------

// The descriptors that one packet may carry (the kernel's limit is SCM_MAX_FD, 253).
inline constexpr std::size_t kMaxPacketDescriptors = 64;
// Where the descriptors of a LaunchRequest are.
inline constexpr std::size_t kRecordIndex = 0;
inline constexpr std::size_t kStdioIndex = 1;
inline constexpr std::size_t kPenIndex = 4;

inline constexpr std::size_t kMaxPacketSize = 64;

struct Packet {
  std::array<std::byte, kMaxPacketSize> bytes;
  std::size_t size = 0;

  std::span<const std::byte> view() const { return std::span(bytes).first(size); }
};

Packet encode(const Request& request);
Packet encode(const Report& report);

// Nothing for a packet whose type is unknown, or whose size or values do not fit its type, or (a
// request) that carries another number of descriptors than it must.
std::optional<Request> decode_request(std::span<const std::byte> packet, std::size_t descriptors);
std::optional<Report> decode_report(std::span<const std::byte> packet);

}  // namespace coppice::process
