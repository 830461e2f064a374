#include "daemon/job_id.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// 130 bits of 26 digits hold the 128 of an id; the first digit has three bits.
std::string encode(std::uint64_t high, std::uint64_t low) {
  std::string id(26, '0');
  for (std::size_t digit = id.size(); digit-- > 0;) {
    id[digit] = kAlphabet[low & 31];
    low = (low >> 5) | (high << 59);
    high >>= 5;
  }
  return id;
}

}  // namespace

JobIds::JobIds() { reseed(); }

void JobIds::reseed() {
  unsigned char bytes[10];
  // Ten bytes are never cut short (getrandom(2)); before the source is ready EINTR may come.
  while (::getrandom(bytes, sizeof bytes, 0) < 0)
    if (errno != EINTR) throw errno_error("getrandom", "", errno);
  std::uint16_t high = 0;
  std::memcpy(&high, bytes, sizeof high);
  std::memcpy(&low_, bytes + sizeof high, sizeof low_);
  high_ = high;
}

std::string JobIds::make(config::Time now) {
  const auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count() / 1000);
  if (milliseconds > last_time_) {
    last_time_ = milliseconds;
    reseed();
  } else if (++low_ == 0) {
    high_ = (high_ + 1) & 0xffff;
    if (high_ == 0) ++last_time_;
  }
  return encode(last_time_ << 16 | high_, low_);
}

}  // namespace coppice::daemon
