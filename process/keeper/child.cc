#include "process/keeper/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "process/keeper/child_seam.h"

// Sanitizers keep notes on stacks and threads that a child on a borrowed stack would confuse.
#define COPPICE_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

static_assert(sizeof(long) == 8, "on 32-bit systems these calls take 16-bit ids");

namespace coppice::process {
namespace {

// A rename anywhere on the system while openat2 passes a ".." makes it give up: it is asked again.
constexpr int kResolveTries = 1000;

// What failed concerns none of several.
constexpr std::uint32_t kNoIndex = ~0U;

// What a file system of cgroups never needs.
constexpr unsigned long kHarmless = MS_NOSUID | MS_NODEV | MS_NOEXEC;
constexpr unsigned kHarmlessAttributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

class Child {
 public:
  COPPICE_CHILD explicit Child(ChildPlan& plan) : plan_(plan), record_(*plan.record) {}

  [[noreturn]] COPPICE_CHILD void run() {
    enter_pen();
    take_streams();
    seal_cgroups();
    begin_session();
    set_limits();
    enter_root();
    set_credentials();
    open_files();
    enter_directory();
    begin(Step::signals);
    before_exec();
    const std::uint64_t none = 0;
    check(::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none));
    execute();
  }

 private:
  COPPICE_CHILD void begin(Step step) {
    plan_.report.step.store(static_cast<std::uint32_t>(step), std::memory_order_relaxed);
  }

  [[noreturn]] COPPICE_CHILD void fail(int error, std::uint32_t index = 0) {
    plan_.report.index.store(index, std::memory_order_relaxed);
    plan_.report.error.store(static_cast<std::uint32_t>(error), std::memory_order_release);
    while (true) ::syscall(SYS_exit_group, 127);
  }

  COPPICE_CHILD long check(long result, std::uint32_t index = 0) {
    if (result < 0) fail(errno, index);
    return result;
  }

  COPPICE_CHILD void enter_pen() {
    begin(Step::pen);
    if (plan_.pen_processes >= 0) check(::syscall(SYS_write, plan_.pen_processes, "0", 1));
  }

  // The table is shared with the keeper until close_range takes a copy of what lies below the limit: a
  // copy of all would cost a job microseconds for every other job (kernel.md).
  COPPICE_CHILD void take_streams() {
    begin(Step::close_descriptors);
    const bool ranges = close_all_from(plan_.stdio + 3, CLOSE_RANGE_UNSHARE);
    // Before Linux 5.9: the whole table, whose descriptors are close-on-exec, every one.
    if (!ranges) check(::syscall(SYS_unshare, CLONE_FILES));
    begin(Step::standard_streams);
    for (int fd = 0; fd < 3; ++fd) check(::syscall(SYS_dup3, plan_.stdio + fd, fd, 0));
    begin(Step::close_descriptors);
    close_all_from(3, 0);
  }

  // False if the kernel does not know how.
  COPPICE_CHILD bool close_all_from(int first, unsigned flags) {
    if (::syscall(SYS_close_range, first, ~0U, flags) == 0) return true;
    if (errno != ENOSYS) fail(errno);
    return false;
  }

  // So that a job that may write to cgroup files cannot lead a process out (K10). Inside the pen, which is what the
  // namespace is then rooted in, and with a table of descriptors of its own: what is opened here is not the keeper's.
  COPPICE_CHILD void seal_cgroups() {
    if (!record_.has(kRecordSealed)) return;
    begin(Step::cgroup_namespace);
    check(::syscall(SYS_unshare, CLONE_NEWCGROUP));
    begin(Step::cgroup_mount);
    check(::syscall(SYS_unshare, CLONE_NEWNS), kNoIndex);
    // From here on nothing that is mounted or unmounted shows outside.
    check(::syscall(SYS_mount, nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr), kNoIndex);
    std::uint32_t index = 0;
    for (char* const* path = record_.cgroup2_mounts(); *path; ++path, ++index)
      if (shows(*path, CGROUP2_SUPER_MAGIC)) make_read_only(*path, index);
    for (char* const* path = record_.cgroup1_mounts(); *path; ++path, ++index)
      if (shows(*path, CGROUP_SUPER_MAGIC)) make_read_only(*path, index);
    show_pen();
  }

  // False of what has been unmounted or covered since the list was made.
  COPPICE_CHILD bool shows(const char* path, long type) {
    struct statfs status;
    return ::syscall(SYS_statfs, path, &status) == 0 && status.f_type == type;
  }

  // This mount alone, not the file system, which is everybody's.
  COPPICE_CHILD void make_read_only(const char* path, std::uint32_t index) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &attributes, sizeof attributes) == 0) return;
    // Before Linux 5.12, or where a filter of system calls does not know it.
    if ((errno == ENOSYS || errno == EPERM) &&
        ::syscall(SYS_mount, nullptr, path, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kHarmless, nullptr) == 0)
      return;
    // Not where something is mounted, but somewhere below.
    if (errno != EINVAL) fail(errno, index);
  }

  // Over every mount of cgroup2, where programs look for their own cgroup. Attached and not mounted there: mount
  // refuses a file system on top of itself.
  COPPICE_CHILD void show_pen() {
    long pen = -1;
    std::uint32_t index = 0;
    for (char* const* path = record_.cgroup2_mounts(); *path; ++path, ++index) {
      if (!shows(*path, CGROUP2_SUPER_MAGIC)) continue;
      const long shown = pen < 0 ? make_mount(index)
                                 : check(::syscall(SYS_open_tree, pen, "",
                                                   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH), index);
      check(::syscall(SYS_move_mount, shown, "", AT_FDCWD, *path, MOVE_MOUNT_F_EMPTY_PATH), index);
      if (pen >= 0) check(::syscall(SYS_close, pen), index);
      pen = shown;
    }
    if (pen >= 0) check(::syscall(SYS_close, pen));
  }

  COPPICE_CHILD long make_mount(std::uint32_t index) {
    const unsigned writable = record_.has(kRecordDelegated) ? 0 : MOUNT_ATTR_RDONLY;
    const long context = check(::syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC), index);
    check(::syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), index);
    const long made = check(::syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, kHarmlessAttributes | writable), index);
    check(::syscall(SYS_close, context), index);
    check_pen(made);
    return made;
  }

  // The root of a namespace is wherever the process was: here that is known to be the pen.
  COPPICE_CHILD void check_pen(long mounted) {
    struct stat root;
    check(::syscall(SYS_newfstatat, mounted, "", &root, AT_EMPTY_PATH));
    if (root.st_ino == plan_.pen_inode) return;
    begin(Step::cgroup_namespace);
    fail(EXDEV);
  }

  // A new session: no controlling terminal but the job's own, and a process group of its own.
  COPPICE_CHILD void begin_session() {
    begin(Step::session);
    check(::syscall(SYS_setsid));
    const int terminal = record_.terminal();
    if (terminal < 0) return;
    begin(Step::terminal);
    check(::syscall(SYS_ioctl, terminal, TIOCSCTTY, 0));
  }

  COPPICE_CHILD void set_limits() {
    begin(Step::resource_limit);
    if (plan_.descriptor_limit)
      check(::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &*plan_.descriptor_limit, nullptr));
    std::uint32_t index = 0;
    for (const RecordLimit& limit : record_.limits()) {
      const rlimit wanted{limit.soft, limit.hard};
      check(::syscall(SYS_prlimit64, 0, limit.resource, &wanted, nullptr), index++);
    }
    begin(Step::nice);
    if (record_.has(kRecordNice))
      check(::syscall(SYS_setpriority, PRIO_PROCESS, 0, record_.header().nice));
    begin(Step::oom_score);
    if (record_.has(kRecordOomScore))
      check(set_oom_score(record_.header().oom_score_adjust));
    else if (plan_.resets_oom_score && set_oom_score(0) < 0 && errno != EACCES)
      fail(errno);
    begin(Step::umask);
    ::syscall(SYS_umask, record_.header().umask);
  }

  // Of this process alone, though it shares the keeper's memory: the kernel knows it for a vfork. EACCES: lower than
  // it may.
  COPPICE_CHILD long set_oom_score(int score) {
    char text[12];
    char* begin_of_text = text + sizeof text;
    unsigned rest = score < 0 ? 0U - static_cast<unsigned>(score) : static_cast<unsigned>(score);
    do {
      *--begin_of_text = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (score < 0) *--begin_of_text = '-';
    const long file = check(::syscall(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj",
                                      O_WRONLY | O_CLOEXEC));
    const long written = ::syscall(SYS_write, file, begin_of_text, text + sizeof text - begin_of_text);
    const int error = errno;
    check(::syscall(SYS_close, file));
    errno = error;
    return written;
  }

  // While it may be done, and after the last look into /proc. From here on the kernel resolves every path
  // inside the root, those of exec and of what exec loads included.
  COPPICE_CHILD void enter_root() {
    if (!record_.root()) return;
    begin(Step::root);
    const long root = check(::syscall(SYS_openat, AT_FDCWD, record_.root(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    check(::syscall(SYS_fchdir, root));
    check(::syscall(SYS_chroot, "."));
    check(::syscall(SYS_close, root));
  }

  // Groups, gid, uid, in this order: after the uid has changed the others could not be (S10). Raw calls,
  // because the C library's would try to change every thread of the keeper.
  COPPICE_CHILD void set_credentials() {
    if (record_.has(kRecordCredentials)) {
      const RecordHeader& head = record_.header();
      leave_keyring();
      begin(Step::groups);
      check(::syscall(SYS_setgroups, head.groups, record_.groups().data()));
      check_groups();
      begin(Step::gid);
      check(::syscall(SYS_setresgid, head.gid, head.gid, head.gid));
      check_ids(SYS_getresgid, head.gid);
      begin(Step::uid);
      check(::syscall(SYS_setresuid, head.uid, head.uid, head.uid));
      check_ids(SYS_getresuid, head.uid);
    }
    begin(Step::no_new_privileges);
    if (record_.has(kRecordNoNewPrivileges))
      check(::syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  }

  // Who has a session keyring has what is in it: jobs of two users must not have the daemon's both. Where keys are
  // switched off or forbidden to us, they are to the job.
  COPPICE_CHILD void leave_keyring() {
    begin(Step::keyring);
    if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0) return;
    if (errno != ENOSYS && errno != EPERM) fail(errno);
  }

  COPPICE_CHILD void check_groups() {
    const std::uint32_t wanted = record_.header().groups;
    if (check(::syscall(SYS_getgroups, 0, nullptr)) != static_cast<long>(wanted)) fail(EPERM);
    if (wanted == 0) return;
    check(::syscall(SYS_getgroups, wanted, plan_.group_scratch));
    for (std::uint32_t i = 0; i < wanted; ++i)
      if (plan_.group_scratch[i] != record_.groups().data()[i]) fail(EPERM);
  }

  COPPICE_CHILD void check_ids(long call, std::uint32_t wanted) {
    std::uint32_t real = 0;
    std::uint32_t effective = 0;
    std::uint32_t saved = 0;
    check(::syscall(call, &real, &effective, &saved));
    if (real != wanted || effective != wanted || saved != wanted) fail(EPERM);
  }

  // Each is closed first and the lowest free number is its own again: no further descriptor is needed, which
  // the job's own limit might not allow.
  COPPICE_CHILD void open_files() {
    open_file(0, Step::input, O_RDONLY);
    open_file(1, Step::output, O_WRONLY | O_CREAT);
    open_file(2, Step::error, O_WRONLY | O_CREAT);
    if ((record_.header().files[2].flags & kFileFollows) == 0) return;
    begin(Step::error);
    check(::syscall(SYS_dup3, 1, 2, 0));
  }

  COPPICE_CHILD void open_file(int stream, Step step, unsigned flags) {
    const char* path = record_.file(stream);
    if (!path) return;
    begin(step);
    const std::uint32_t asked = record_.header().files[stream].flags;
    if ((asked & kFileAppends) != 0) flags |= O_APPEND;
    if ((asked & kFileTruncates) != 0) flags |= O_TRUNC;
    check(::syscall(SYS_close, stream));
    if (check(open_path(path, flags | O_NOCTTY)) != stream) fail(EBADF);
  }

  // Inside the root, which is the current directory until the job's own is entered. RESOLVE_IN_ROOT holds where
  // the changed root alone does not: against a directory that is moved out of it meanwhile, and against the
  // links of /proc that lead to other processes' directories. Before Linux 5.6 the changed root is what there is.
  COPPICE_CHILD long open_path(const char* path, unsigned flags) {
    constexpr mode_t kMode = 0666;
    const mode_t mode = (flags & O_CREAT) != 0 ? kMode : 0;
    if (record_.root()) {
      const open_how how{flags, mode, RESOLVE_IN_ROOT};
      for (int tries = 0; tries < kResolveTries; ++tries) {
        const long opened = ::syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
        if (opened >= 0) return opened;
        if (errno == ENOSYS) break;
        if (errno != EAGAIN || tries + 1 == kResolveTries) return opened;
      }
    }
    return ::syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  }

  COPPICE_CHILD void enter_directory() {
    begin(Step::chdir);
    if (!record_.root()) {
      check(::syscall(SYS_chdir, record_.directory()));
      return;
    }
    const long directory = check(open_path(record_.directory(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    check(::syscall(SYS_fchdir, directory));
    check(::syscall(SYS_close, directory));
  }

  // As execvp, on a list made before. No shell for a file without an interpreter line.
  [[noreturn]] COPPICE_CHILD void execute() {
    begin(Step::exec);
    std::uint32_t denied = ~0U;
    std::uint32_t index = 0;
    int error = ENOENT;
    for (char* const* path = record_.candidates(); *path; ++path, ++index) {
      ::syscall(SYS_execve, *path, record_.arguments(), record_.environment());
      error = errno;
      if (error == EACCES && denied == ~0U) denied = index;
      const bool next = error == ENOENT || error == ENOTDIR || error == EACCES ||
                        error == ENAMETOOLONG || error == ELOOP;
      if (!next) fail(error, index);
    }
    if (denied != ~0U) fail(EACCES, denied);
    fail(error, index - 1);
  }

  ChildPlan& plan_;
  const LaunchRecord& record_;
};

}  // namespace

COPPICE_CHILD void run_child(void* plan) { Child(*static_cast<ChildPlan*>(plan)).run(); }

}  // namespace coppice::process
