// Where we may make cgroups, and our own directory there.
//
// It looks, in this order, at: the cgroup that this process is in, if it was delegated to us, or the one above if that was and
// ours is its `supervisor` (DelegateSubgroup= of systemd); the root of
// each cgroup2 mount that is visible (/sys/fs/cgroup, or …/unified on hybrid hosts, or the root of a private
// cgroup namespace); the cgroup that this process is in, delegated or not. In the first place that lets us,
// it makes
//     coppice-NAME/             all that is ours
//     coppice-NAME/supervisor/  supervisor and keeper, when they had to make room for controllers
//     coppice-NAME/A.slice/…    slices
//     coppice-NAME/…/ID.job/    pens
// One thread.
#pragma once

#include <sys/types.h>

#include <stdexcept>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "cgroup/home.h"
#include "cgroup/slice.h"

namespace coppice::cgroup {

// What to look for.
struct Search {
  // Of a slice's characters; random if empty. A directory that is there already is taken over: the
  // caller knows (by its lock) that nobody else uses it.
  std::string name;
  // Our own processes, which may be moved into the leaf: supervisor and keeper.
  std::vector<pid_t> own_processes;
  // Look here alone (a directory of a cgroup2 mount), as tests do. Nothing is moved then.
  std::string below;
};

// Nowhere. what() is a sentence for people, with what was tried, why not, and what to do about it.
class NoHierarchy : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Whether systemd has delegated the cgroup that this process is in, or the one above as said there: then it is ours by rule, and
// not only by file modes. Throws std::system_error.
bool in_delegated_cgroup();

class Hierarchy {
 public:
  // Throws NoHierarchy; std::invalid_argument for a bad name.
  static Hierarchy find(const Search& search);

  // `/sys/fs/cgroup/coppice-x`.
  const std::string& path() const { return home_.path; }
  // Those of cpu, io, memory and pids that work in our pens, and the rest of them.
  const std::vector<std::string>& controllers() const { return home_.controllers; }
  const std::vector<MissingController>& missing() const { return home_.missing; }
  // For people: "in /sys/fs/cgroup, the root of a mount that we may write to".
  const std::string& ground() const { return home_.ground; }
  // Whether cgroups of ours have this interface file: what the kernel offers.
  bool offers(const char* file) const;

  SliceTree& slices() { return slices_; }

  // Kills and removes all slices and pens in our directory: what another life of ours left behind. For
  // who knows that no keeper of that life is there to miss them. Waits for the killed, up to 10 s; false if
  // some are there still. May take that long: not for a thread that others wait for.
  bool clear() { return clear_but({}); }
  // The same, but the pens of these ids stay as they are.
  bool clear_but(const std::set<std::string, std::less<>>& kept);

  // Undoes what `find` did: moves our processes back, removes our directory. False if something is in it
  // still, a pen or a slice that somebody holds.
  bool remove();

 private:
  explicit Hierarchy(Home home);

  Home home_;
  SliceTree slices_;
};

}  // namespace coppice::cgroup
