#include "daemon/settings/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "config/users.h"

namespace coppice::daemon {
namespace {

namespace fs = std::filesystem;

constexpr char kName[] = "coppice/coppiced.toml";
// Nobody has so many keys; it is a wrong file.
constexpr std::size_t kLargest = std::size_t{1} << 20;

std::string absolute_variable(const char* name) {
  const char* value = std::getenv(name);
  return value && value[0] == '/' ? value : "";
}

// Why what it says cannot be trusted; empty if it can.
std::string distrust(const struct stat& status) {
  if (S_ISCHR(status.st_mode)) return "";  // /dev/null, for no settings at all
  if (!S_ISREG(status.st_mode)) return "is no file: remove it, or name another";
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return "belongs to user " + std::to_string(status.st_uid) + ": chown it to root";
  if ((status.st_mode & S_IWOTH) != 0) return "can be written to by everybody: chmod o-w it";
  return "";
}

std::string read_all(int descriptor, const std::string& path) {
  std::string text;
  char piece[4096];
  for (;;) {
    const ssize_t got = ::read(descriptor, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw errno_error("read", path, errno);
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > kLargest) throw std::runtime_error(path + ": larger than a mebibyte: this is no file of settings");
  }
}

// Nothing if there is none. A fifo must not hold us up.
std::optional<std::string> read_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) return std::nullopt;
    throw errno_error("open", path, error);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw errno_error("stat", path, errno);
  if (const std::string reason = distrust(status); !reason.empty()) throw std::runtime_error(path + ": " + reason);
  return read_all(file.get(), path);
}

void read_one(const std::string& path, bool must_exist, Reading& into) {
  try {
    if (const auto text = read_file(path)) {
      read_settings_text(path, *text, into);
    } else if (must_exist) {
      into.faults.push_back(path + ": there is no such file: make it, or leave --config out");
    }
  } catch (const std::exception& failure) {
    into.faults.emplace_back(failure.what());
  }
}

std::vector<std::string> drop_ins(const std::string& directory, Reading& into) {
  std::vector<std::string> paths;
  std::error_code failure;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end; entry.increment(failure))
    if (entry->path().extension() == ".toml") paths.push_back(entry->path());
  if (failure && failure != std::errc::no_such_file_or_directory && failure != std::errc::not_a_directory)
    into.faults.push_back(directory + ": " + failure.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::string default_settings_file(uid_t uid) {
  if (uid == 0) return std::string("/etc/") + kName;
  std::string place = absolute_variable("XDG_CONFIG_HOME");
  if (place.empty()) {
    std::string home = absolute_variable("HOME");
    if (home.empty())
      if (const auto account = config::find_account(uid)) home = account->home;
    if (!home.starts_with('/')) return "";
    place = home + "/.config";
  }
  return place + "/" + kName;
}

Reading read_settings(const std::string& file, bool must_exist) {
  Reading reading;
  if (file.empty()) return reading;
  read_one(file, must_exist, reading);
  for (const std::string& path : drop_ins(file + ".d", reading)) read_one(path, true, reading);
  return reading;
}

}  // namespace coppice::daemon
