#include "cli/random_key.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "base/errno_text.h"

namespace coppice::cli {

std::string random_key() {
  std::array<unsigned char, 16> bytes;
  // Up to 256 bytes come whole (getrandom(2)).
  while (::getrandom(bytes.data(), bytes.size(), 0) < 0)
    if (errno != EINTR) throw errno_error("getrandom", "a key", errno);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string key;
  for (const unsigned char byte : bytes) {
    key += kDigits[byte >> 4];
    key += kDigits[byte & 15];
  }
  return key;
}

}  // namespace coppice::cli
