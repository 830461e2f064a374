#include "cgroup/hierarchy.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iterator>

#include "base/errno_text.h"
#include "cgroup/files.h"
#include "cgroup/places.h"
#include "cgroup/walk.h"

namespace coppice::cgroup {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kClearBound{10};
constexpr char kRemedy[] =
    "run as root, or, where systemd runs, in a scope of your own: "
    "systemd-run --user --scope -p Delegate=yes COMMAND";
constexpr char kMountRemedy[] = "as root, mount one: mount -t cgroup2 none /sys/fs/cgroup";
constexpr char kContainerRemedy[] =
    "give the container a writable /sys/fs/cgroup, in a cgroup namespace of its own; in a job of Coppice, start that "
    "with --delegate";

std::string random_name() {
  unsigned number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) throw errno_error("getrandom", "", errno);
  char text[16];
  std::snprintf(text, sizeof text, "%08x", number);
  return text;
}

std::string own_file(const char* path) {
  std::string text;
  if (const int error = read_file(AT_FDCWD, path, text)) throw errno_error("read", path, error);
  return text;
}

// systemd marks what it delegates (CGROUP_DELEGATION.md).
bool marked(const std::string& place) {
  char value = '0';
  for (const char* mark : {"trusted.delegate", "user.delegate"})
    if (::getxattr(place.c_str(), mark, &value, 1) == 1 && value == '1') return true;
  return false;
}

// An unprivileged user's own directory is as good.
bool delegated(const std::string& place) {
  if (marked(place)) return true;
  struct stat status {};
  return ::geteuid() != 0 && ::stat(place.c_str(), &status) == 0 && status.st_uid == ::geteuid();
}

// After a restart in the leaf that an earlier life made: the place is where that life found it.
std::string without_our_leaf(std::string place, const std::string& entry) {
  const std::string tail = "/" + entry + "/" + kLeaf;
  if (place.ends_with(tail)) place.resize(place.size() - tail.size());
  return place;
}

// With DelegateSubgroup= (systemd 254) our processes are started one level below what is delegated.
std::string without_subgroup(std::string place) {
  const std::string tail = std::string("/") + kLeaf;
  if (!place.ends_with(tail)) return place;
  const std::string above = place.substr(0, place.size() - tail.size());
  return delegated(above) ? above : place;
}

Places own_places() {
  return find_places(own_file("/proc/thread-self/mountinfo"), own_file("/proc/thread-self/cgroup"));
}

std::vector<std::string> candidates(const Search& search, const std::string& entry) {
  if (!search.below.empty()) return {search.below};
  Places places = own_places();
  std::vector<std::string> list;
  for (std::string& own : places.own) own = without_subgroup(without_our_leaf(std::move(own), entry));
  std::copy_if(places.own.begin(), places.own.end(), std::back_inserter(list), delegated);
  list.insert(list.end(), places.roots.begin(), places.roots.end());
  for (const std::string& own : places.own)
    if (std::find(list.begin(), list.end(), own) == list.end()) list.push_back(own);
  return list;
}

std::string ground_of(const Search& search, const std::string& place) {
  if (!search.below.empty()) return "in \"" + place + "\", which was named";
  if (delegated(place)) return "in \"" + place + "\", which is delegated to us";
  const Places places = find_places(own_file("/proc/thread-self/mountinfo"), own_file("/proc/thread-self/cgroup"));
  if (std::find(places.roots.begin(), places.roots.end(), place) != places.roots.end())
    return "in \"" + place + "\", the root of a mount that we may write to";
  return "in \"" + place + "\", the cgroup of this daemon, which nobody has delegated: who manages it may change it";
}

[[noreturn]] void refuse(const std::vector<std::string>& problems, bool read_only) {
  if (problems.empty())
    throw NoHierarchy(std::string("no cgroup can be made: no cgroup2 file system is mounted; ") + kMountRemedy);
  std::string sentence = "no cgroup can be made: ";
  for (const std::string& problem : problems) sentence += problem + "; ";
  throw NoHierarchy(sentence + (read_only && ::geteuid() == 0 ? kContainerRemedy : kRemedy));
}

Home find_home(const Search& search) {
  if (auto problem = slice_problem(search.name)) throw std::invalid_argument(*problem);
  const bool given = !search.name.empty();
  const std::string entry = "coppice-" + (given ? search.name : random_name());
  std::vector<std::string> problems;
  bool read_only = false;
  for (const std::string& place : candidates(search, entry)) {
    std::string problem;
    if (auto home = settle(place, entry, given, problem)) {
      home->ground = ground_of(search, place);
      enable_controllers(*home, place, search.below.empty() ? search.own_processes : std::vector<pid_t>());
      return std::move(*home);
    }
    read_only = read_only || problem.ends_with("read-only file system");
    problems.push_back(std::move(problem));
  }
  refuse(problems, read_only);
}

UniqueFd another(const UniqueFd& directory) {
  UniqueFd copy = open_directory(directory.get(), ".");
  if (!copy) throw errno_error("open", "our cgroup", errno);
  return copy;
}

// Whether everything in it has been killed by then.
bool emptied(Group& group, Clock::time_point deadline) {
  while (group.populated()) {
    if (Clock::now() >= deadline) return false;
    if (!group.kill()) group.freeze();
    group.kill_each();
    group.thaw();
    pollfd event{group.events(), POLLPRI, 0};
    // Bounded, since the event may be late, and processes may have been born before the kill reached them.
    static_cast<void>(::poll(&event, 1, 20));
  }
  return true;
}

bool clear_one(int above, const char* name, Clock::time_point deadline) {
  UniqueFd directory = open_directory(above, name);
  if (!directory) return errno == ENOENT;
  const int fd = directory.get();
  Group group(std::move(directory), name);
  if (!emptied(group, deadline)) return false;
  walk_below(fd, {.visit = {}, .leave = [](int parent, const char* below) {
                    static_cast<void>(::unlinkat(parent, below, AT_REMOVEDIR));  // the last one tells
                  }});
  return ::unlinkat(above, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

// A slice goes if nothing is left in it.
bool clear_in(int directory, const std::set<std::string, std::less<>>& kept, Clock::time_point deadline) {
  constexpr std::string_view kPen = ".job";
  constexpr std::string_view kSlice = ".slice";
  bool all = true;
  for (const std::string& name : directories_in(directory)) {
    const std::string_view view(name);
    if (name == kLeaf || (view.ends_with(kPen) && kept.contains(view.substr(0, view.size() - kPen.size())))) continue;
    if (view.ends_with(kSlice) && !kept.empty()) {
      const UniqueFd slice = open_directory(directory, name.c_str());
      all = (!slice || clear_in(slice.get(), kept, deadline)) && all;
      // Refused where something has been kept.
      static_cast<void>(::unlinkat(directory, name.c_str(), AT_REMOVEDIR));
    } else {
      all = clear_one(directory, name.c_str(), deadline) && all;
    }
  }
  return all;
}

}  // namespace

Hierarchy::Hierarchy(Home home)
    : home_(std::move(home)), slices_(another(home_.directory), home_.controllers, home_.missing) {}

bool in_delegated_cgroup() {
  std::vector<std::string> own = own_places().own;
  return std::ranges::any_of(own, [](std::string& place) { return marked(without_subgroup(std::move(place))); });
}

Hierarchy Hierarchy::find(const Search& search) { return Hierarchy(find_home(search)); }

bool Hierarchy::clear_but(const std::set<std::string, std::less<>>& kept) {
  return clear_in(home_.directory.get(), kept, Clock::now() + kClearBound);
}

bool Hierarchy::offers(const char* file) const { return ::faccessat(home_.directory.get(), file, F_OK, 0) == 0; }

bool Hierarchy::remove() { return leave(home_); }

}  // namespace coppice::cgroup
