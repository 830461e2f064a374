// Whose child a process is, and whose cgroup's.
#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <memory>

#include "base/errno_text.h"
#include "process/info/proc_files.h"
#include "process/info/process_info.h"

namespace coppice::process {
namespace {

constexpr std::size_t kChildrenMax = 16 * 1024 * 1024;
constexpr std::size_t kCgroupMax = 64 * 1024;
constexpr std::size_t kStatusMax = 16 * 1024;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

void append_children(int process, const std::string& thread, std::vector<pid_t>& children) {
  const auto text = read_below(process, ("task/" + thread + "/children").c_str(), kChildrenMax);
  if (!text) return;
  each_word(*text, " \n", [&](std::string_view word) {
    pid_t child = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), child).ec == std::errc()) children.push_back(child);
  });
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

std::vector<pid_t> read_children(pid_t pid) {
  std::vector<pid_t> children;
  const UniqueFd process = open_process(pid);
  const Directory threads = process ? open_threads(process.get()) : nullptr;
  if (!threads) return children;
  while (const dirent* entry = ::readdir(threads.get()))
    if (entry->d_name[0] != '.') append_children(process.get(), entry->d_name, children);
  return children;
}

std::vector<pid_t> read_children_of_thread(pid_t pid, pid_t thread) {
  std::vector<pid_t> children;
  if (const UniqueFd process = open_process(pid))
    append_children(process.get(), std::to_string(thread), children);
  return children;
}

std::optional<pid_t> read_thread_group(pid_t thread) {
  const UniqueFd directory = open_process(thread);
  const auto text = directory ? read_below(directory.get(), "status", kStatusMax) : std::nullopt;
  if (!text) return std::nullopt;
  std::optional<pid_t> process;
  each_word(*text, "\n", [&](std::string_view line) {
    constexpr std::string_view kKey = "Tgid:\t";
    pid_t number = 0;
    if (!process && line.starts_with(kKey) &&
        std::from_chars(line.data() + kKey.size(), line.data() + line.size(), number).ec == std::errc())
      process = number;
  });
  return process;
}

std::optional<std::string> read_cgroup(pid_t pid) {
  const UniqueFd process = open_process(pid);
  if (!process) return std::nullopt;
  const auto text = read_below(process.get(), "cgroup", kCgroupMax);
  if (!text) return std::nullopt;
  std::optional<std::string> path;
  each_word(*text, "\n", [&](std::string_view line) {
    if (line.starts_with("0::")) path = line.substr(3);
  });
  constexpr std::string_view kDeleted = " (deleted)";
  if (path && path->ends_with(kDeleted)) path->resize(path->size() - kDeleted.size());
  return path;
}

}  // namespace coppice::process
