// What /proc says about one process.
//
// Every function is a few plain system calls, may be called from any thread, and answers "nothing"
// for a process that is gone. All that is said of one process in one call is said of the same
// process: its directory below /proc is opened once, and such a descriptor never leads to a
// process that gets the same number later (proc(5)).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::process {

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  // The effective one.
  uid_t user = 0;
  // Never empty: `[comm]` for a zombie and for a process that erased its own. Arbitrary bytes.
  std::vector<std::string> command_line;
  // The kernel's letter: R S D Z T t I X.
  char state = '?';
  int threads = 0;
  // Since boot, in clock ticks: with the pid, it names the process for as long as the system is up.
  std::uint64_t start_ticks = 0;
  // To 10 ms, the length of such a tick.
  std::chrono::sys_time<std::chrono::microseconds> started_at{};
};

// A command line is cut after this many bytes.
inline constexpr std::size_t kCommandLineMax = 64 * 1024;

// Throws std::system_error only for a shortage (descriptors, memory), or where /proc is missing.
std::optional<ProcessInfo> read_process(pid_t pid);

// The same, with `[comm]` for a command line. A process that hangs may hold the lock that reading its command line
// takes; this takes none.
std::optional<ProcessInfo> read_process_briefly(pid_t pid);

// What a process is and who its children are, at one visit of its directory: some 14 µs, 20 with the children.
enum class Look { alone, with_children };
struct Visit {
  ProcessInfo info;
  // Of every thread; none where nobody asked for them.
  std::vector<pid_t> children = {};
};
std::optional<Visit> visit_process(pid_t pid, Look look);

// The kernel function in which the process sleeps ("folio_wait_bit_common"); nothing when it runs, is
// gone, or this is not ours to know.
std::optional<std::string> read_wait_channel(pid_t pid);

// The value of one variable in the environment that the process was executed with (what it changed
// since does not show, unless it wrote over that memory). Nothing when it is unset or unreadable.
std::optional<std::string> read_environment_value(pid_t pid, std::string_view name);

// The children of every thread of a process, in no order. Needs CONFIG_PROC_CHILDREN; empty without.
std::vector<pid_t> read_children(pid_t pid);

// The children of one thread alone: those that it made, and orphans that it adopted (the main thread
// of a subreaper adopts).
std::vector<pid_t> read_children_of_thread(pid_t pid, pid_t thread);

// The process that a thread belongs to.
std::optional<pid_t> read_thread_group(pid_t thread);

// The path of its cgroup, as seen from this thread's cgroup namespace: `/a/b`, and `/../x` outside of it.
std::optional<std::string> read_cgroup(pid_t pid);

// Its mounts, as proc_pid_mountinfo(5) has them; paths of cgroups are those seen from this thread's cgroup namespace.
std::optional<std::string> read_mounts(pid_t pid);

}  // namespace coppice::process
