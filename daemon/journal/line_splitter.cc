#include "daemon/journal/line_splitter.h"

#include <algorithm>
#include <utility>

namespace coppice::daemon {

void LineSplitter::add(std::string_view bytes, const Take& take) {
  while (!bytes.empty()) {
    const std::size_t room = kMaxLine - begun_.size();
    const std::size_t newline = bytes.find('\n');
    const bool ends = newline <= room;
    const std::size_t size = ends ? newline : std::min(room, bytes.size());
    begun_ += bytes.substr(0, size);
    bytes.remove_prefix(ends ? size + 1 : size);
    // One that is exactly full waits for its newline, which would be an empty line otherwise.
    if (ends || !bytes.empty()) take(std::exchange(begun_, std::string()));
  }
}

void LineSplitter::finish(const Take& take) {
  if (!begun_.empty()) take(std::exchange(begun_, std::string()));
}

}  // namespace coppice::daemon
