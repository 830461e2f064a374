// JSON as it is written: text that grows at its end, without a value of it in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace coppice::api {

// What an Encoder writes to (encoder.h). Calls come in the order of the text; within an object a key before each value.
class JsonText {
 public:
  void begin_object() { open('{'); }
  void end_object() { text_.push_back('}'); }
  void begin_array() { open('['); }
  void end_array() { text_.push_back(']'); }
  void key(std::string_view name);

  void boolean(bool value);
  void integer(std::int64_t value);
  void integer(std::uint64_t value);
  void real(double value);
  // Bytes that are not UTF-8 become U+FFFD.
  void text(std::string_view value);
  // A value that is JSON already, and valid.
  void json(std::string_view value);

  std::string take() { return std::move(text_); }

 private:
  void open(char bracket);
  void separate();
  void quote(std::string_view value);

  std::string text_;
};

}  // namespace coppice::api
