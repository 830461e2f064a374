#include "cli/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace coppice::cli {
namespace {

// More than any of our files makes sense with; the end of /dev/zero never comes.
constexpr std::size_t kLargest = std::size_t{16} << 20;

}  // namespace

std::string read_text_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) throw errno_error("open", path, errno);
  std::string text;
  char piece[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw errno_error("read", path, errno);
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > kLargest) throw std::runtime_error("\"" + path + "\" is over 16 MiB: is it the right file?");
  }
}

}  // namespace coppice::cli
