// Whether a JobSpec makes sense, and whether this version can carry it out.
//
// Pure functions, any thread; nothing is looked up outside the spec (whether a user or a program
// exists turns out at the start). Fields are named as in the interface, below "spec".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/errors.h"
#include "config/job_spec.h"

namespace coppice::config {

// What one spec may ask for. Each refusal names the field and the cap.
namespace cap {
inline constexpr std::size_t kCommands = 64;
inline constexpr std::size_t kNameLength = 64;
inline constexpr std::size_t kSliceDepth = 16;
inline constexpr std::size_t kLabels = 64;
inline constexpr std::size_t kLabelValueLength = 256;
inline constexpr std::size_t kSupplementaryGroups = 256;
inline constexpr std::size_t kRlimits = 16;
// A single argument or NAME=value: MAX_ARG_STRLEN of execve(2), its final NUL included.
inline constexpr std::size_t kStringLength = 128 * 1024;
// Arguments and environment together: the kernel's own bound for any stack limit is 6 MiB.
inline constexpr std::size_t kStringsTotal = 6 * 1024 * 1024;
inline constexpr std::size_t kPathLength = 4095;
// The memory file behind bytesFd: one command with all that it may have, and room for what is no string of execve.
inline constexpr std::size_t kBytes = 8 * 1024 * 1024;
inline constexpr int kTerminalColumns = 1000;
inline constexpr int kTerminalRows = 500;
// A log's cap, at least.
inline constexpr std::int64_t kLeastLog = 4096;
// A limit of CPU time: the kernel's least quota, 1 ms, in its longest period, 1 s; and far more than any machine has.
inline constexpr double kLeastCpus = 0.001;
inline constexpr double kMostCpus = 1e6;
inline constexpr Milliseconds kLongest = std::chrono::hours(24 * 366 * 10);
}  // namespace cap

// Throws InvalidSpec for the first field that makes no sense. What bytesFd holds has been filled in before
// (ipc/api/spec_bytes.h).
void check(const JobSpec& spec);

// Whether one of its streams is a terminal, and so what is left out of them too.
bool has_terminal(const JobSpec& spec);

// Throws InvalidSpec, naming a field below `field`, for a terminal that is too small or too big.
void check(const TerminalSize& size, const std::string& field);

// The same for what Stop takes; `field` is where it stands in the call.
void check(const Stopping& stopping, const std::string& field);

// The same for what SetLimits takes.
void check(const Limits& limits, const std::string& field);

// Throws InvalidSpec, LimitUnavailable or ContainmentUnavailable for the first field that is sound
// but that this version does not carry out, so that nothing is ignored silently. Expects a checked spec.
void require_supported(const JobSpec& spec);

// Throws LimitUnavailable for the silence of a job of which no output is captured.
void require_captured_output(const JobSpec& spec);

// Throws LimitUnavailable for the first limit that cannot be changed while a job runs.
void require_changeable(const Limits& limits);

// A job's name and each part of a slice: letters, digits, '_', '.', '-', not starting with '.' or '-',
// at most cap::kNameLength. Why not, or an empty text.
std::string name_fault(std::string_view name);
// A slice: names joined by '/', at most cap::kSliceDepth of them.
std::string slice_fault(std::string_view slice);

}  // namespace coppice::config
