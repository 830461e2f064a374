#include "ipc/api/cbor.h"

#include <bit>

namespace coppice::api {
namespace {

constexpr std::size_t kRoomKept = std::size_t{64} << 10;

}  // namespace

void Cbor::clear() {
  if (bytes_.capacity() > kRoomKept) bytes_ = {};
  bytes_.clear();
}

void Cbor::integer(std::int64_t value) {
  if (value >= 0) return head(kUnsigned, static_cast<std::uint64_t>(value));
  head(kNegative, ~static_cast<std::uint64_t>(value));
}

void Cbor::real(double value) {
  bytes_.push_back(0xfb);
  big_endian(std::bit_cast<std::uint64_t>(value), 8);
}

void Cbor::text(std::string_view value) {
  head(kText, value.size());
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void Cbor::head(std::uint8_t type, std::uint64_t number) {
  const auto first = [&](unsigned additional) { bytes_.push_back(static_cast<std::uint8_t>(type << 5 | additional)); };
  if (number < 24) return first(static_cast<unsigned>(number));
  // 24, 25, 26 and 27 say how many bytes follow: 1, 2, 4 and 8.
  unsigned power = 0;
  while (power < 3 && number >> (8U << power) != 0) ++power;
  first(24 + power);
  big_endian(number, 1U << power);
}

void Cbor::big_endian(std::uint64_t number, unsigned size) {
  for (unsigned byte = size; byte-- > 0;) bytes_.push_back(static_cast<std::uint8_t>(number >> (8 * byte)));
}

}  // namespace coppice::api
