// The cgroup of one attempt of one job. A fresh one for each attempt: a killed cgroup is never used again.
//
// The life of one: create, clone into `directory()`, and when the main process has ended: `populated()`;
// if so, freeze, list, kill and wait; then `usage()`, `remove()`.
// Dropping a pen that was not removed closes its descriptors and leaves the cgroup as it is: only
// `remove()` removes. Move-only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "cgroup/group.h"
#include "cgroup/slice.h"

namespace coppice::cgroup {

// What the tree has used since the pen was made. Absent: the controller is not there, or the kernel is
// too old (pids.peak came with 6.1, memory.peak with 5.19).
struct Usage {
  std::chrono::microseconds cpu_user{};
  std::chrono::microseconds cpu_system{};
  std::optional<std::int64_t> memory_peak;     // bytes
  std::optional<std::int64_t> processes_peak;  // at one time, threads counted
  std::optional<std::int64_t> io_read;         // bytes from devices
  std::optional<std::int64_t> io_written;      // bytes to devices
  // As it is now; usage_now() alone tells these.
  std::optional<std::int64_t> memory_now;     // bytes
  std::optional<std::int64_t> processes_now;  // threads counted
};

class Pen : public Group {
 public:
  // No pen.
  Pen() = default;
  // `id` is the job's, of the characters of a slice's name. Where memory runs out in it the kernel kills all of it and not
  // one process (memory.oom.group, Linux 4.19). Throws std::system_error: EEXIST if there is one of that id, EAGAIN when
  // the system's limit of cgroups is reached.
  static Pen create(std::shared_ptr<Slice> slice, std::string_view id);

  // One that an earlier process has created; no pen if it is not there. Throws as above, for a shortage.
  static Pen open(std::shared_ptr<Slice> slice, std::string_view id);

  explicit operator bool() const { return !gone(); }
  const std::shared_ptr<Slice>& slice() const { return slice_; }

  // Some 10 µs: call it once, when empty, before `remove()`. Nothing when the pen is gone.
  std::optional<Usage> usage() const;

  // The same, of a tree that goes on; some 20 µs.
  std::optional<Usage> usage_now() const;

  // What the tree has used of the CPUs so far, user and system; some 5 µs. Nothing when the pen is gone.
  std::optional<std::chrono::microseconds> cpu_time() const;

  // How often the kernel's out-of-memory killer took one of the tree; 0 without the memory controller.
  std::int64_t out_of_memory_kills() const;
  // Whether it took all of the tree at once, for that (Linux 5.17 tells); not of a cgroup that the job made in it.
  bool killed_for_memory() const;

  // Removes the cgroup, and those that the job made in it, deepest first; the pen is no pen then. False:
  // something still lives in it (or the kernel says busy): try again after the next event. True for no pen.
  bool remove();

 private:
  Pen(UniqueFd directory, std::string name, std::shared_ptr<Slice> slice, std::string entry);

  std::shared_ptr<Slice> slice_;
  std::string entry_;
};

}  // namespace coppice::cgroup
