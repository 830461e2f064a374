// A named group of jobs: a directory in which pens and further slices are made.
//
// Slices live as long as somebody holds one: the directory is made by the first `SliceTree::open`
// and removed when the last holder (pens hold theirs) lets go. One thread makes and drops slices of a tree.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cgroup/group.h"
#include "cgroup/limits.h"

namespace coppice::cgroup {

inline constexpr std::size_t kSliceDepthMax = 16;
inline constexpr std::size_t kSliceNameMax = 128;
inline constexpr std::size_t kSlicePathMax = 512;

// Which controllers work in what is below.
struct Controllers {
  bool cpu = false;
  bool io = false;
  bool memory = false;
  bool pids = false;
};

// Why `path` is no slice: `the slice "a//b" has an empty name`. Nothing if it is one. Names of letters,
// digits and _ . - that do not begin with a dot, separated by slashes; the empty path is the slice of all.
std::optional<std::string> slice_problem(std::string_view path);

// Its operations reach every job in it and in the slices below. After `kill()` pens that exist must not be
// started into; new ones may be made at once.
class Slice : public Group {
 public:
  // `entry`: of the directory in that of `parent`. Neither for the slice of all, which removes nothing.
  Slice(UniqueFd directory, std::string path, Controllers controllers, std::shared_ptr<Slice> parent,
        std::string entry);
  // Removes the directory unless something is in it; then it stays for who put that there.
  ~Slice();
  Slice(const Slice&) = delete;
  Slice& operator=(const Slice&) = delete;

  // "ci/build-42"; empty for the slice of all.
  const std::string& path() const { return name(); }
  Controllers controllers() const { return controllers_; }

  // A limit of this slice, or of one above it, that could not be set when its directory was made: no job may be started
  // in it then. Nothing as long as all hold.
  std::optional<UnmetLimit> unmet_limit() const;

 private:
  friend class SliceTree;

  Controllers controllers_;
  std::shared_ptr<Slice> parent_;
  std::string entry_;
  std::optional<UnmetLimit> unmet_;
};

class SliceTree {
 public:
  // Takes the directory of the slice of all, where `controllers` are enabled for what is below; each
  // slice does the same. Other names than those of `Controllers` are left out. `missing`: why the others do not work.
  SliceTree(UniqueFd directory, const std::vector<std::string>& controllers,
            const std::vector<MissingController>& missing);

  // Makes what is missing of the path. Throws std::invalid_argument with `slice_problem`, and
  // std::system_error (EAGAIN: the system's limit of cgroups is reached).
  std::shared_ptr<Slice> open(std::string_view path);

  // One that somebody holds, or none.
  std::shared_ptr<Slice> find(std::string_view path) const;

  // What is set on the directory of that slice whenever it is made, from the next time on; nothing set: no more. To one
  // that exists nothing is written: that may take a while, and is for write_limits() on a duplicate.
  void remember_limits(std::string_view path, const config::Limits& limits);

 private:
  void set_limits(Slice& slice) const;
  std::shared_ptr<Slice> open_below(std::shared_ptr<Slice> parent, std::string path, std::string_view name);
  void forget_unused();

  Controllers controllers_;
  std::shared_ptr<Slice> top_;
  std::map<std::string, std::weak_ptr<Slice>, std::less<>> slices_;
  std::map<std::string, std::vector<LimitWrite>, std::less<>> limits_;
  std::vector<MissingController> missing_;
  std::size_t forget_at_ = 64;
  std::string enable_;
};

}  // namespace coppice::cgroup
