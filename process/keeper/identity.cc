#include "process/keeper/identity.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace coppice::process {
namespace {

// linux/magic.h, 6.9.
constexpr long kPidFsMagic = 0x50494446;
constexpr int kStartTimeField = 22;

// linux/pidfd.h as of 6.15, which may be newer than the headers here: struct pidfd_info (PIDFD_INFO_SIZE_VER1).
struct PidfdInfo {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t ids[11];  // pid, tgid, ppid and the eight credentials
  std::int32_t exit_code;
  std::uint64_t coredump;
};
static_assert(sizeof(PidfdInfo) == 72);
constexpr std::uint64_t kInfoExit = 1 << 3;
constexpr unsigned long kGetInfo = _IOWR(0xFF, 11, PidfdInfo);

// The numbered field of /proc/PID/stat, counted from 1; those from the third on.
std::optional<std::uint64_t> stat_field(pid_t pid, int number) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text;
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (size <= 0) return std::nullopt;
  std::string_view rest(text.data(), static_cast<std::size_t>(size));
  // The second field is the name in parentheses, and may contain anything.
  const auto name_end = rest.rfind(')');
  if (name_end == rest.npos) return std::nullopt;
  rest.remove_prefix(name_end + 1);
  for (int field = 3; field <= number; ++field) {
    const auto blank = rest.find(' ');
    if (blank == rest.npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
  }
  std::uint64_t value = 0;
  if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

bool find_pidfs() {
  const UniqueFd own(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  struct statfs system {};
  return own && ::fstatfs(own.get(), &system) == 0 && system.f_type == kPidFsMagic;
}

}  // namespace

bool pidfds_have_inodes() {
  static const bool answer = find_pidfs();
  return answer;
}

Identity identify(pid_t pid, int pidfd) {
  if (pidfds_have_inodes()) {
    struct stat status {};
    if (::fstat(pidfd, &status) == 0) return {IdentityKind::inode, status.st_ino};
  }
  if (const auto ticks = stat_field(pid, kStartTimeField)) return {IdentityKind::start_time, *ticks};
  return {};
}

bool is_child(int pidfd) {
  siginfo_t info{};
  return ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

std::uint32_t exit_events(bool foreign) {
  if (foreign && pidfds_have_inodes()) return 0;
  return EPOLLIN;
}

bool has_been_reaped(int pidfd) {
  pollfd state{pidfd, POLLIN, 0};
  if (::poll(&state, 1, 0) <= 0) return false;
  // POLLHUP came with pidfs.
  return (state.revents & POLLHUP) != 0 || !pidfds_have_inodes();
}

std::optional<std::int32_t> read_exit_status(int pidfd) {
  PidfdInfo info{};
  info.mask = kInfoExit;
  if (::ioctl(pidfd, kGetInfo, &info) != 0 || (info.mask & kInfoExit) == 0) return std::nullopt;
  return info.exit_code;
}

}  // namespace coppice::process
