#include "daemon/journal/entry.h"

#include <cstdint>

namespace coppice::daemon {

void add_field(std::string& entry, std::string_view name, std::string_view value) {
  entry += name;
  if (value.find('\n') == std::string_view::npos) {
    entry += '=';
  } else {
    // Its length, 64 bits with the lowest byte first.
    entry += '\n';
    for (unsigned shift = 0; shift < 64; shift += 8)
      entry += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> shift & 0xff);
  }
  entry += value;
  entry += '\n';
}

std::string make_entry(std::string_view common, std::string_view line) {
  std::string entry(common);
  add_field(entry, "MESSAGE", line);
  return entry;
}

}  // namespace coppice::daemon
