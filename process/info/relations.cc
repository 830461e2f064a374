// Whose child a process is, and whose cgroup's.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <memory>

#include "base/errno_text.h"
#include "process/info/children.h"
#include "process/info/proc_files.h"
#include "process/info/process_info.h"

namespace coppice::process {
namespace {

constexpr std::size_t kChildrenMax = 16 * 1024 * 1024;
constexpr std::size_t kCgroupMax = 64 * 1024;
constexpr std::size_t kMountsMax = 16 * 1024 * 1024;
constexpr std::size_t kStatusMax = 16 * 1024;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

std::optional<pid_t> number(std::string_view text) {
  pid_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

// The directory of its threads has two links and one for each: most processes have the one.
bool single_threaded(int process) {
  struct stat status {};
  return ::fstatat(process, "task", &status, 0) == 0 && status.st_nlink == 3;
}

// `process` is below `directory`: empty, or a path that ends in a slash.
void append_children_of_thread(int directory, const std::string& process, const std::string& thread,
                               std::vector<pid_t>& children) {
  const auto text = read_below(directory, (process + "task/" + thread + "/children").c_str(), kChildrenMax);
  if (!text) return;
  std::string_view rest(*text);
  for (std::string_view word; !(word = next_word(rest, " \n")).empty();)
    if (const auto child = number(word)) children.push_back(*child);
}

Directory open_threads(int process) {
  UniqueFd fd(::openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd && (errno == EMFILE || errno == ENFILE)) throw errno_error("open", "/proc/PID/task", errno);
  if (!fd) return nullptr;
  Directory directory(::fdopendir(fd.get()));
  if (directory) static_cast<void>(fd.release());  // the stream owns it now
  return directory;
}

}  // namespace

void append_children(int directory, pid_t pid, int threads, std::vector<pid_t>& children) {
  if (threads == 1 || (threads == 0 && single_threaded(directory)))
    return append_children_of_thread(directory, "", std::to_string(pid), children);
  const Directory all = open_threads(directory);
  if (!all) return;
  while (const dirent* entry = ::readdir(all.get()))
    if (entry->d_name[0] != '.') append_children_of_thread(directory, "", entry->d_name, children);
}

std::vector<pid_t> read_children(pid_t pid) {
  std::vector<pid_t> children;
  if (const UniqueFd process = open_process(pid)) append_children(process.get(), pid, 0, children);
  return children;
}

std::vector<pid_t> read_children_of_thread(pid_t pid, pid_t thread) {
  std::vector<pid_t> children;
  append_children_of_thread(AT_FDCWD, "/proc/" + std::to_string(pid) + "/", std::to_string(thread), children);
  return children;
}

std::optional<pid_t> read_thread_group(pid_t thread) {
  const UniqueFd directory = open_process(thread);
  const auto text = directory ? read_below(directory.get(), "status", kStatusMax) : std::nullopt;
  if (!text) return std::nullopt;
  constexpr std::string_view kKey = "Tgid:\t";
  std::string_view rest(*text);
  for (std::string_view line; !(line = next_word(rest, "\n")).empty();)
    if (line.starts_with(kKey)) return number(line.substr(kKey.size()));
  return std::nullopt;
}

std::optional<std::string> read_mounts(pid_t pid) {
  const UniqueFd process = open_process(pid);
  return process ? read_below(process.get(), "mountinfo", kMountsMax) : std::nullopt;
}

std::optional<std::string> read_cgroup(pid_t pid) {
  const UniqueFd process = open_process(pid);
  if (!process) return std::nullopt;
  const auto text = read_below(process.get(), "cgroup", kCgroupMax);
  if (!text) return std::nullopt;
  std::optional<std::string> path;
  std::string_view rest(*text);
  for (std::string_view line; !path && !(line = next_word(rest, "\n")).empty();)
    if (line.starts_with("0::")) path = line.substr(3);
  constexpr std::string_view kDeleted = " (deleted)";
  if (path && path->ends_with(kDeleted)) path->resize(path->size() - kDeleted.size());
  return path;
}

}  // namespace coppice::process
