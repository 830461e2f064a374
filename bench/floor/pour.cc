// A job that writes as fast as it is let: `pour BYTES`, in pieces of 64 KiB.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
  static char piece[64 << 10];
  std::memset(piece, '.', sizeof piece);
  long long left = argc > 1 ? std::atoll(argv[1]) : 0;
  while (left > 0) {
    const ssize_t written = ::write(1, piece, static_cast<std::size_t>(std::min<long long>(left, sizeof piece)));
    if (written < 0) return 1;
    left -= written;
  }
  return 0;
}
