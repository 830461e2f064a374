#include "cgroup/strays.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "cgroup/places.h"
#include "process/info/pidfd.h"

namespace coppice::cgroup {
namespace {

struct Found {
  Stray stray;
  // What made it the job's: its parent, which was a member when listed; or not that, but proof by itself.
  std::optional<pid_t> member;
};

// Whether the pen of that name is what it sees of cgroups: then it has the mounts of that job, if nothing else.
bool sees_pen(pid_t pid, const std::string& id) {
  const auto mounts = process::read_mounts(pid);
  const std::string entry = "/" + id + ".job";
  return mounts && std::ranges::any_of(cgroup2_mounts(*mounts), [&](const Mount& mount) {
           return mount.root.ends_with(entry);
         });
}

// Those of other jobs are many, and a pen is no place to hide: it ends with its own job.
bool in_some_pen(const std::string& place) { return place.ends_with(".job") || place.find(".job/") != place.npos; }

class Finder {
 public:
  Finder(const std::vector<pid_t>& members, pid_t keeper, const Mark& mark)
      : inside_(members.begin(), members.end()), keeper_(keeper), mark_(mark) {}

  void children(const std::vector<pid_t>& of_members) {
    for (const pid_t child : of_members) consider(child, nullptr);
  }

  void adopted_by_keeper() {
    // The caller itself is a child of the keeper, and no orphan.
    const pid_t self = ::getpid();
    for (const pid_t orphan : process::read_children_of_thread(keeper_, keeper_))
      if (orphan != self && !(mark_.is_main && mark_.is_main(orphan))) consider(orphan, nullptr);
  }

  void mains() {
    for (const pid_t main : mark_.mains) consider(main, nullptr);
  }

  void descendants() {
    for (std::size_t next = 0; next < found_.size(); ++next) {
      // By value: what is found moves the others.
      const pid_t parent = found_[next].stray.info.pid;
      for (const pid_t child : process::read_children(parent)) consider(child, &next);
    }
  }

  // Leaves out whom `members`, listed after all was found, shows to be inside or to have had no parent there.
  std::vector<Stray> finish(const std::vector<pid_t>& members) {
    std::vector<Stray> strays;
    const auto listed = [&](pid_t pid) { return std::binary_search(members.begin(), members.end(), pid); };
    for (Found& one : found_)
      if (!listed(one.stray.info.pid) && (!one.member || listed(*one.member)))
        strays.push_back(std::move(one.stray));
    return strays;
  }

  bool none() const { return found_.empty(); }

 private:
  // Adds it if it is the job's. Whatever says so is read between opening the pidfd and seeing that the
  // process is alive still: so it is said of the one that the pidfd refers to, and not of a later one.
  void consider(pid_t pid, const std::size_t* parent) {
    if (inside_.contains(pid)) return;
    UniqueFd pidfd = process::open_pidfd(pid);
    // Right after a kill most orphans are zombies that the keeper has yet to reap.
    if (!pidfd || process::exited(pidfd.get())) return;
    auto info = process::read_process(pid);
    auto place = process::read_cgroup(pid);
    if (!info || !place) return;
    Found one{{std::move(pidfd), std::move(*info), std::move(*place)}, std::nullopt};
    if (!belongs(one, parent) || process::exited(one.stray.pidfd.get())) return;
    inside_.insert(pid);
    found_.push_back(std::move(one));
  }

  bool belongs(Found& one, const std::size_t* parent) const {
    const process::ProcessInfo& info = one.stray.info;
    if (parent && info.parent == found_[*parent].stray.info.pid && !process::exited(found_[*parent].stray.pidfd.get()))
      return true;
    if (process::read_environment_value(info.pid, mark_.name) == mark_.value) return true;
    if (info.parent == keeper_ && !in_some_pen(one.stray.cgroup) && sees_pen(info.pid, mark_.value)) return true;
    if (parent || info.parent == keeper_ || !inside_.contains(info.parent)) return false;
    one.member = info.parent;
    return true;
  }

  // Members and whatever was found: not to be looked at again.
  std::unordered_set<pid_t> inside_;
  pid_t keeper_;
  const Mark& mark_;
  std::vector<Found> found_;
};

}  // namespace

std::vector<Stray> find_strays(const Group& group, const std::vector<pid_t>& members, pid_t keeper,
                               const Mark& mark) {
  std::vector<pid_t> children;
  for (const pid_t member : members)
    for (const pid_t child : process::read_children(member)) children.push_back(child);
  return find_strays(group, members, children, keeper, mark);
}

std::vector<Stray> find_strays(const Group& group, const std::vector<pid_t>& members,
                               const std::vector<pid_t>& children, pid_t keeper, const Mark& mark) {
  Finder finder(members, keeper, mark);
  finder.children(children);
  finder.mains();
  if (keeper > 0) finder.adopted_by_keeper();
  finder.descendants();
  if (finder.none()) return {};
  return finder.finish(group.members());
}

std::size_t kill_strays(const std::vector<Stray>& strays) {
  return static_cast<std::size_t>(std::count_if(strays.begin(), strays.end(), [](const Stray& stray) {
    return process::send_signal(stray.pidfd.get(), SIGKILL);
  }));
}

}  // namespace coppice::cgroup
