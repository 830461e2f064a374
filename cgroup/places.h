// Reading from /proc/thread-self/mountinfo and /proc/thread-self/cgroup where cgroups can be made.
// Pure functions of those texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::cgroup {

// A mount of cgroup2, or of a hierarchy of cgroup v1.
struct Mount {
  // The cgroup that shows at the mount point, as seen from this cgroup namespace: usually `/`.
  std::string root;
  std::string point;
};

// In the order of the text, which is that of mounting; one at a point covers an earlier one there.
std::vector<Mount> cgroup2_mounts(std::string_view mountinfo);
std::vector<Mount> cgroup1_mounts(std::string_view mountinfo);

// The path of the cgroup2 line `0::PATH`; nothing if the process is in no cgroup2 hierarchy.
std::optional<std::string> own_cgroup(std::string_view cgroup);

// The directory where that path shows below the mount; nothing if it does not.
std::optional<std::string> shown_at(const Mount& mount, std::string_view path);

// Candidates for a place.
struct Places {
  // The cgroup of this process, once for each mount that shows it.
  std::vector<std::string> own;
  // The root of each mount.
  std::vector<std::string> roots;
};

Places find_places(std::string_view mountinfo, std::string_view cgroup);

}  // namespace coppice::cgroup
