#include "cgroup/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "cgroup/files.h"

namespace coppice::cgroup {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

UniqueFd open_or_none(int at, const char* path) {
  UniqueFd fd = open_directory(at, path);
  // The job may have taken our right to look, where it runs as the same user; the owner can take it back.
  if (!fd && errno == EACCES && ::fchmodat(at, path, 0755, 0) == 0) fd = open_directory(at, path);
  if (!fd && shortage(errno)) throw errno_error("open", path, errno);
  return fd;
}

// kernfs counts two links and one for each directory below, which spares reading the directory.
bool has_children(int directory) {
  struct stat status {};
  return ::fstat(directory, &status) != 0 || status.st_nlink != 2;
}

}  // namespace

std::vector<std::string> directories_in(int directory) {
  std::vector<std::string> names;
  if (!has_children(directory)) return names;
  UniqueFd fd = open_or_none(directory, ".");
  const std::unique_ptr<DIR, CloseDirectory> stream(fd ? ::fdopendir(fd.get()) : nullptr);
  if (!stream) return names;
  static_cast<void>(fd.release());  // the stream owns it now
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name(entry->d_name);
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

void walk_below(int start, const Walk& walk) {
  // For each level on the way down, the names that are still to be gone through; the last is where we are.
  std::vector<std::vector<std::string>> levels{directories_in(start)};
  UniqueFd here;
  const auto where = [&] { return here ? here.get() : start; };
  while (!levels.empty()) {
    if (!levels.back().empty()) {
      if (UniqueFd below = open_or_none(where(), levels.back().back().c_str())) {
        here = std::move(below);
        levels.push_back(directories_in(here.get()));
        continue;
      }
    } else {
      levels.pop_back();
      if (levels.empty()) return;
      if (walk.visit) walk.visit(where());
      // cgroup2 directories cannot be renamed, so that the way up is the way that led down.
      here = levels.size() == 1 ? UniqueFd() : open_or_none(where(), "..");
      if (levels.size() > 1 && !here) return;
    }
    const std::string name = std::move(levels.back().back());
    levels.back().pop_back();
    if (walk.leave) walk.leave(where(), name.c_str());
  }
}

}  // namespace coppice::cgroup
