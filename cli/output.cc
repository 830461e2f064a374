#include "cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "base/errno_text.h"

namespace coppice::cli {
namespace {

std::string line_of(const nlohmann::json& object) {
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// Of the first write that failed; 0 while all is well.
int lost = 0;

void say_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    // There is nobody left to tell that telling failed.
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && lost == 0) lost = errno;
}

void print_object(const nlohmann::json& object) { print(line_of(object)); }

void flush() {
  if (std::fflush(stdout) != 0 && lost == 0) lost = errno;
  if (lost != 0) throw errno_error("write", "standard output", lost);
}

void say(std::string_view text) { say_all("coppice: " + std::string(text) + "\n"); }

void say_object(const nlohmann::json& object) { say_all(line_of(object)); }

void open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    // open takes the lowest free number, which is this one.
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) < 0) return;
}

}  // namespace coppice::cli
