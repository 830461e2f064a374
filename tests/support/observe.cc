#include "tests/support/observe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace coppice::support {
namespace {

namespace fs = std::filesystem;

struct Status {
  char state = '?';
  pid_t parent = 0;
};

// The second field of /proc/PID/stat, a name in brackets, may hold anything.
Status status_of(pid_t pid) {
  const std::string text = read_text("/proc/" + std::to_string(pid) + "/stat");
  const auto bracket = text.rfind(')');
  Status status;
  if (bracket == std::string::npos) return status;
  std::istringstream rest(text.substr(bracket + 1));
  rest >> status.state >> status.parent;
  return status;
}

std::vector<pid_t> processes() {
  std::vector<pid_t> pids;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
      pids.push_back(std::stoi(name));
  }
  return pids;
}

bool has_entry(const std::string& environment, const std::string& entry) {
  const std::string sought = '\0' + entry + '\0';
  return ('\0' + environment).find(sought) != std::string::npos;
}

// A main thread that has exited has no environment any more; the other threads have.
bool is_marked(pid_t pid, const std::string& entry) {
  const std::string process = "/proc/" + std::to_string(pid);
  if (has_entry(read_text(process + "/environ"), entry)) return true;
  std::error_code gone;
  for (fs::directory_iterator task(process + "/task", gone), end; !gone && task != end; task.increment(gone))
    if (has_entry(read_text(task->path() / "environ"), entry)) return true;
  return false;
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string read_text(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 8192> piece;
  for (ssize_t count = 0; (count = ::read(file.get(), piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(count));
  return text;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string random_word() {
  std::uint64_t number = 0;
  static_cast<void>(::getrandom(&number, sizeof number, 0));
  return "t" + std::to_string(number);
}

bool Watched::alive() const {
  pollfd event{pidfd.get(), POLLIN, 0};
  return ::poll(&event, 1, 0) == 0;
}

std::vector<Watched> marked(const std::string& entry) {
  std::vector<Watched> found;
  for (const pid_t pid : processes()) {
    if (!is_marked(pid, entry)) continue;
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (pidfd) found.push_back({pid, std::move(pidfd)});
  }
  return found;
}

std::vector<pid_t> zombies_of(pid_t parent) {
  auto children = children_of(parent);
  std::erase_if(children, [](pid_t pid) { return status_of(pid).state != 'Z'; });
  return children;
}

std::vector<pid_t> children_of(pid_t parent) {
  auto pids = processes();
  std::erase_if(pids, [parent](pid_t pid) { return status_of(pid).parent != parent; });
  return pids;
}

std::size_t descriptors_of(pid_t pid) {
  std::error_code gone;
  const fs::directory_iterator listing("/proc/" + std::to_string(pid) + "/fd", gone);
  return static_cast<std::size_t>(std::distance(fs::begin(listing), fs::end(listing)));
}

std::string cgroup_mount() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string device, place, type, rest; mounts >> device >> place >> type && std::getline(mounts, rest);)
    if (type == "cgroup2") return place;
  return {};
}

std::string cgroup_of(pid_t pid) {
  std::istringstream lines(read_text("/proc/" + std::to_string(pid) + "/cgroup"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::")) return cgroup_mount() + line.substr(3);
  return {};
}

}  // namespace coppice::support
