#include "cli/utf8.h"

#include <cstddef>

namespace coppice::cli {
namespace {

// Length of the sequence that starts with `first`, and the bounds of its second byte (RFC 3629,
// section 4). 0 for a byte that starts none.
struct Lead {
  std::size_t length = 0;
  unsigned char least = 0x80;
  unsigned char most = 0xbf;
};

Lead lead_of(unsigned char first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xc2) return {};
  if (first < 0xe0) return {2, 0x80, 0xbf};
  if (first == 0xe0) return {3, 0xa0, 0xbf};
  if (first == 0xed) return {3, 0x80, 0x9f};
  if (first < 0xf0) return {3, 0x80, 0xbf};
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first < 0xf4) return {4, 0x80, 0xbf};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {};
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const Lead lead = lead_of(static_cast<unsigned char>(bytes[at]));
    if (lead.length == 0 || lead.length > bytes.size() - at) return false;
    for (std::size_t next = 1; next < lead.length; ++next) {
      const auto byte = static_cast<unsigned char>(bytes[at + next]);
      const unsigned char least = next == 1 ? lead.least : 0x80;
      const unsigned char most = next == 1 ? lead.most : 0xbf;
      if (byte < least || byte > most) return false;
    }
    at += lead.length;
  }
  return true;
}

}  // namespace coppice::cli
