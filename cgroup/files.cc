#include "cgroup/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace coppice::cgroup {

int write_file(int directory, const char* file, std::string_view value) {
  const UniqueFd fd(::openat(directory, file, O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  for (;;) {
    // Interface files take a value in one write or not at all.
    if (::write(fd.get(), value.data(), value.size()) >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

int read_file(int directory, const char* file, std::string& text) {
  const UniqueFd fd(::openat(directory, file, O_RDONLY | O_CLOEXEC));
  if (!fd) return errno;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

UniqueFd open_directory(int at, const char* path) {
  return UniqueFd(::openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::vector<std::string> read_words(int directory, const char* file) {
  std::string text;
  std::vector<std::string> words;
  if (read_file(directory, file, text) != 0) return words;
  std::string_view rest(text);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
    if (end > 0) words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

std::optional<std::int64_t> keyed_number(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    std::int64_t number = 0;
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ' &&
        std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), number).ec == std::errc())
      return number;
    at += line.size() + 1;
  }
  return std::nullopt;
}

void append_numbers(std::string_view text, std::vector<pid_t>& numbers) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    pid_t number = 0;
    const auto parsed = std::from_chars(at, end, number);
    if (parsed.ec == std::errc()) numbers.push_back(number);
    at = parsed.ptr == at ? at + 1 : parsed.ptr;
  }
}

}  // namespace coppice::cgroup
