#include "daemon/history/damaged.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

namespace fs = std::filesystem;

constexpr char kDamaged[] = ".damaged-";

// Sorts by time.
std::string time_words() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

std::string free_name(const std::string& wanted) {
  std::string name = wanted;
  std::error_code ignored;
  for (int count = 2; fs::exists(fs::symlink_status(name, ignored)); ++count)
    name = wanted + "." + std::to_string(count);
  return name;
}

}  // namespace

std::string set_aside(const std::string& path) {
  const std::string name = free_name(path + kDamaged + time_words());
  if (::rename(path.c_str(), name.c_str()) != 0) throw errno_error("rename", path, errno);
  // sqlite3(1) finds the journal by this name; the shared memory is made anew.
  static_cast<void>(::rename((path + "-wal").c_str(), (name + "-wal").c_str()));
  static_cast<void>(::unlink((path + "-shm").c_str()));
  return name;
}

std::optional<std::string> latest_set_aside(const std::string& path) {
  const fs::path database(path);
  const std::string beginning = database.filename().string() + kDamaged;
  std::optional<std::string> latest;
  std::error_code error;
  for (fs::directory_iterator entry(database.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(beginning) || name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with(".logs"))
      continue;
    if (!latest || *latest < entry->path().string()) latest = entry->path().string();
  }
  return latest;
}

}  // namespace coppice::daemon
