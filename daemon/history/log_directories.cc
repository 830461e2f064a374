#include "daemon/history/log_directories.h"

#include <sys/stat.h>

#include <filesystem>

namespace coppice::daemon {
namespace fs = std::filesystem;

std::int64_t LogDirectories::bytes_of(const std::string& id) const {
  constexpr std::int64_t kBlock = 512;  // st_blocks, whatever the file system's
  std::int64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(path_ + "/" + id, error), end; !error && entry != end; entry.increment(error)) {
    struct stat status {};
    if (::lstat(entry->path().c_str(), &status) == 0) bytes += status.st_blocks * kBlock;
  }
  return bytes;
}

void LogDirectories::remove(const std::string& id) const {
  std::error_code ignored;
  fs::remove_all(path_ + "/" + id, ignored);
}

bool LogDirectories::move(const std::string& id, const std::string& where) const {
  std::error_code error;
  fs::create_directory(where, error);
  fs::rename(path_ + "/" + id, where + "/" + id, error);
  return !error;
}

std::vector<std::string> LogDirectories::list() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename());
  return names;
}

}  // namespace coppice::daemon
