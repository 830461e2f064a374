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

std::string_view next_word(std::string_view& text, std::string_view separators) {
  const auto separates = [&](char c) { return separators.find(c) != separators.npos; };
  std::size_t begin = 0;
  while (begin < text.size() && separates(text[begin])) ++begin;
  std::size_t end = begin;
  while (end < text.size() && !separates(text[end])) ++end;
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

}  // namespace coppice::process
