// Cuts a stream of bytes into lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace coppice::daemon {

class LineSplitter {
 public:
  // LineMax= of journald.conf(5), whose own reader of streams cuts there too.
  static constexpr std::size_t kMaxLine = 48 << 10;
  using Take = std::function<void(std::string_view line)>;

  // Gives each line that ends in `bytes` to `take`, without its newline; a longer one in pieces of kMaxLine. Keeps the
  // rest, at most kMaxLine.
  void add(std::string_view bytes, const Take& take);
  // The stream has ended: what has no newline is a line too.
  void finish(const Take& take);

 private:
  std::string begun_;
};

}  // namespace coppice::daemon
