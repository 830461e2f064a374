// The same values in CBOR (RFC 8949), for what is kept: bytes that grow at their end.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace coppice::api {

// What an Encoder writes to (encoder.h). Objects and arrays are of indefinite length, so that nothing is counted ahead.
// Text is written as it is, also where it is no UTF-8.
class Cbor {
 public:
  void begin_object() { bytes_.push_back(0xbf); }
  void end_object() { bytes_.push_back(0xff); }
  void begin_array() { bytes_.push_back(0x9f); }
  void end_array() { bytes_.push_back(0xff); }
  void key(std::string_view name) { text(name); }

  void boolean(bool value) { bytes_.push_back(value ? 0xf5 : 0xf4); }
  void integer(std::int64_t value);
  void integer(std::uint64_t value) { head(kUnsigned, value); }
  void real(double value);
  void text(std::string_view value);

  std::span<const std::uint8_t> bytes() const { return bytes_; }
  // For the next value, in the same room unless it was much.
  void clear();

 private:
  static constexpr std::uint8_t kUnsigned = 0;
  static constexpr std::uint8_t kNegative = 1;
  static constexpr std::uint8_t kText = 3;

  // Its major type with a number, in the fewest bytes.
  void head(std::uint8_t type, std::uint64_t number);
  void big_endian(std::uint64_t number, unsigned size);

  std::vector<std::uint8_t> bytes_;
};

}  // namespace coppice::api
