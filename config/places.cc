#include "config/places.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "config/users.h"

namespace coppice::config {
namespace {

// An absolute path from the environment, or an empty text.
std::string absolute_variable(const char* name) {
  const char* value = std::getenv(name);
  return value && value[0] == '/' ? value : "";
}

std::string home_of(uid_t uid) {
  const std::string home = absolute_variable("HOME");
  if (!home.empty()) return home;
  const std::optional<Account> account = find_account(uid);
  return account && account->home.starts_with('/') ? account->home : "";
}

// EEXIST is left to the caller's own look at what is there.
void make_directory(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0) return;
  const int error = errno;
  if (error != EEXIST) throw errno_error("mkdir", path, error);
}

}  // namespace

Places default_places(uid_t uid) {
  if (uid == 0) return {"/run/coppice/socket", "/run/coppice", "/var/lib/coppice"};
  Places places;
  const std::string runtime = absolute_variable("XDG_RUNTIME_DIR");
  places.runtime_directory =
      runtime.empty() ? "/tmp/coppice-" + std::to_string(uid) : runtime + "/coppice";
  places.socket = places.runtime_directory + "/socket";

  const std::string state = absolute_variable("XDG_STATE_HOME");
  if (!state.empty()) {
    places.state_directory = state + "/coppice";
    return places;
  }
  const std::string home = home_of(uid);
  places.state_directory =
      home.empty() ? places.runtime_directory + "/state" : home + "/.local/state/coppice";
  return places;
}

std::string default_socket(uid_t uid) {
  const char* named = std::getenv("COPPICE_SOCKET");
  return named && *named ? named : default_places(uid).socket;
}

void make_private_directory(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    make_directory(path.substr(0, slash), 0755);
  make_directory(path, 0700);

  // Looked at through a descriptor, so that what is checked is what was opened.
  const UniqueFd directory(open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  int error = errno;
  if (!directory) throw errno_error("open", path, error);
  struct stat status{};
  if (fstat(directory.get(), &status) != 0) {
    error = errno;
    throw errno_error("stat", path, error);
  }
  if (status.st_uid != geteuid())
    throw std::runtime_error("directory \"" + path + "\" belongs to user " +
                             std::to_string(status.st_uid) + ": remove it or name another");
  if (status.st_mode & (S_IWGRP | S_IWOTH))
    throw std::runtime_error("directory \"" + path +
                             "\" can be written to by others: chmod go-w it or name another");
}

}  // namespace coppice::config
