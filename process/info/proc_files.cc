#include "process/info/proc_files.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/errno_text.h"

namespace coppice::process {
namespace {

bool shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

}  // namespace

UniqueFd open_process(pid_t pid) {
  std::array<char, 32> path{"/proc/"};
  const auto end = std::to_chars(path.data() + std::strlen(path.data()), path.data() + path.size() - 1, pid);
  *end.ptr = '\0';
  UniqueFd directory(::open(path.data(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory && shortage(errno)) throw errno_error("open", path.data(), errno);
  return directory;
}

std::optional<std::string> read_below(int directory, const char* file, std::size_t limit) {
  UniqueFd fd(::openat(directory, file, O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (shortage(errno)) throw errno_error("open", file, errno);
    return std::nullopt;
  }
  std::array<char, 4096> piece;
  std::string text;
  while (text.size() < limit) {
    const std::size_t wanted = std::min(piece.size(), limit - text.size());
    const ssize_t got = ::read(fd.get(), piece.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && shortage(errno)) throw errno_error("read", file, errno);
    if (got < 0) return std::nullopt;
    text.append(piece.data(), static_cast<std::size_t>(got));
    // These files fill what they are given as far as they can, so that a short read is the end.
    if (static_cast<std::size_t>(got) < wanted) break;
  }
  return text;
}

void each_word(std::string_view text, std::string_view separators,
               const std::function<void(std::string_view)>& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace coppice::process
