// What the keeper needs to start one command, and how a failed start is told.
//
// The supervisor fills a Launch, seals it into a memory file and sends that file to the keeper. The
// layout of the file is in launch_record.h.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::process {

struct Credentials {
  uid_t uid = 0;
  gid_t gid = 0;
  // Supplementary groups: exactly these, none if empty. Order does not matter.
  std::vector<gid_t> groups;
};

struct ResourceLimit {
  int resource = 0;  // RLIMIT_…
  rlim_t soft = RLIM_INFINITY;
  rlim_t hard = RLIM_INFINITY;
};

// A file that the child opens by itself as one of its standard streams: with the job's credentials, inside its
// root, never as its controlling terminal. An output that is missing is made with 0666 less the umask. The open
// of a FIFO takes until its other end is open; that holds up this launch and the thread that it has, no other.
struct StreamFile {
  std::string path;       // absolute
  bool append = false;    // O_APPEND; of an output only
  bool truncate = false;  // O_TRUNC; of an output only
};

// What a job sees of cgroups, and may do to them.
enum class CgroupView : std::uint32_t {
  // What the keeper sees.
  shared,
  // Its pen, in a cgroup namespace that is rooted there, read-only. In a mount namespace of its own, which takes what
  // is mounted outside and gives nothing back, every file system of cgroups is read-only.
  sealed,
  // The same, but its pen can be written to.
  delegated,
};

struct Launch {
  // Absolute paths, tried in order like execvp does: "not there" and "may not" go on to the next,
  // any other error ends the search. At least one. See program_candidates().
  std::vector<std::string> candidates;
  // argv, its element 0 included; at least one.
  std::vector<std::string> argv;
  // The whole environment, "NAME=value"; nothing is inherited.
  std::vector<std::string> environment;
  // The job's root directory (chroot): absolute, opened once, with the keeper's credentials. Absent: the keeper's.
  // Every other path here is inside it, whatever symbolic links lie on the way (S11).
  std::optional<std::string> root;
  // Absolute. Entered with the job's credentials, not the keeper's.
  std::string directory = "/";
  // Instead of the descriptors that come with the request, by number: input, output, error.
  std::array<std::optional<StreamFile>, 3> files;
  // Error shares the open file of output, which has to be in `files`, and error not.
  bool error_follows_output = false;
  // Absent: the keeper's own.
  std::optional<Credentials> credentials;
  mode_t umask = 022;
  // What is not listed stays as the keeper was started with.
  std::vector<ResourceLimit> limits;
  std::optional<int> nice;              // -20 … 19
  // -1000 … 1000. Absent: 0, or what the keeper has if it may not go back to 0.
  std::optional<int> oom_score_adjust;
  bool no_new_privileges = false;
  // The standard descriptor, 0 to 2, of the terminal that becomes the controlling one of its session.
  std::optional<int> terminal;
  // Other than `shared` needs a pen, and CAP_SYS_ADMIN.
  CgroupView cgroup_view = CgroupView::shared;
  // Absolute: where cgroup2 and where cgroup v1 is mounted. Read unless the view is shared; what is not there any more
  // is passed over.
  std::vector<std::string> cgroup2_mounts;
  std::vector<std::string> cgroup1_mounts;
  // Enter the pen by writing cgroup.procs as the child's first step instead of being born in it. For
  // kernels on which a clone into a fresh pen dies at birth (Linux 6.14 and its backports).
  bool enter_pen_by_write = false;
};

// Caps of one record; more is refused by both sides.
inline constexpr std::size_t kMaxRecordSize = 8 * 1024 * 1024;
inline constexpr std::size_t kMaxGroups = 65536;
inline constexpr std::size_t kMaxLimits = 64;
// Of each of the two lists of mounts.
inline constexpr std::size_t kMaxCgroupMounts = 4096;

// A sealed memory file (memfd, all seals) that holds `launch`. Throws std::system_error with E2BIG when
// it is too large, EINVAL when a text contains NUL, a path is not absolute, or argv or candidates are
// empty, and with the errno of the call that failed otherwise (EMFILE, ENOMEM: refuse the request).
UniqueFd seal(const Launch& launch);

// Where a job that has no PATH in its environment looks for programs.
inline constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

// The paths to try for `program` (S6). A name with a slash is one path; a bare name is looked for in
// every entry of `path` (the PATH of the job's own environment; absent: kDefaultPath; an empty entry
// means base_directory, as for execvp). What is relative is taken against `base_directory`, which must
// be absolute and is the caller's directory, never the job's. Empty for an empty program.
std::vector<std::string> program_candidates(std::string_view program,
                                            std::optional<std::string_view> path,
                                            std::string_view base_directory);

// Where a start failed. The child goes through them from `pen` to `exec` in this order, but for those behind
// `exec`, which came later and say where they belong: a number keeps its meaning.
enum class Step : std::uint32_t {
  record,             // the memory file is unreadable or malformed
  spawner,            // every spawner thread is held up by another start (EAGAIN)
  clone,              // clone3: no memory, too many processes
  pen,                // entering the cgroup
  close_descriptors,  // close_range
  standard_streams,   // dup3 to 0, 1, 2
  session,            // setsid
  resource_limit,     // setrlimit
  nice,               // setpriority
  oom_score,          // /proc/self/oom_score_adj
  umask,
  groups,             // setgroups
  gid,                // setresgid
  uid,                // setresuid
  no_new_privileges,  // prctl
  chdir,
  signals,  // the empty signal mask
  exec,
  root,    // open of the root directory, chroot; before `groups`
  input,   // open of a file, before `chdir`
  output,
  error,
  terminal,          // TIOCSCTTY, after `session`
  cgroup_namespace,  // unshare, after `pen`
  cgroup_mount,      // unshare, mount, mount_setattr, after `cgroup_namespace`
  keyring,           // a session keyring of its own, before `groups`
};
inline constexpr std::size_t kSteps = static_cast<std::size_t>(Step::keyring) + 1;

// "chdir", "exec", "setgroups" …: the word for people and for the API.
std::string_view step_name(Step step);

// The step with that number, if there is one.
std::optional<Step> step_from_number(std::uint32_t number);

}  // namespace coppice::process
