// Writes that many bytes to its output and ends: lines of 128 bytes, 64 KiB in each write.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

int main(int argc, char** argv) {
  static std::array<char, 65536> text;
  text.fill('x');
  for (std::size_t end = 127; end < text.size(); end += 128) text[end] = '\n';
  long long left = argc > 1 ? std::atoll(argv[1]) : 0;
  while (left > 0) {
    const auto piece = static_cast<std::size_t>(std::min<long long>(left, static_cast<long long>(text.size())));
    const ssize_t written = ::write(1, text.data(), piece);
    if (written <= 0) return 1;
    left -= written;
  }
}
