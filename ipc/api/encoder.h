// Walks over the field lists of fields.h, and writes what it finds: to a JsonText, a Cbor or a JsonTree. For codec.cc,
// and for the daemon's own records, which are made of the same structs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/boxed.h"
#include "config/limits.h"
#include "config/names.h"
#include "ipc/api/escape.h"
#include "ipc/api/fields.h"

namespace coppice::api {

template <typename Sink>
class Encoder {
 public:
  explicit Encoder(Sink& out) : out_(out) {}

  template <typename T>
  void structure(const T& value) {
    out_.begin_object();
    describe(*this, value);
    out_.end_object();
  }

  template <typename T>
  void field(std::string_view name, const T& value) {
    out_.key(name);
    write(value);
  }
  template <typename T>
  void field(std::string_view name, const std::optional<T>& value) {
    if (value) field(name, *value);
  }
  template <typename T>
  void field(std::string_view name, const Boxed<T>& value) {
    if (value) field(name, *value);
  }
  template <typename T>
  void unless_empty(std::string_view name, const T& value) {
    if (!holds_nothing(value)) field(name, value);
  }
  void base64(std::string_view name, const std::optional<std::string>& bytes) {
    if (bytes) field(name, base64_encode(*bytes));
  }
  // Each text in it.
  template <typename T>
  void escaped(std::string_view name, const T& value) {
    escapes_ = true;
    field(name, value);
    escapes_ = false;
  }
  void letter(std::string_view name, char letter) { field(name, std::string(1, letter)); }

 private:
  template <typename T>
  static bool holds_nothing(const T& value) {
    if constexpr (requires { value.empty(); })
      return value.empty();
    else if constexpr (std::is_same_v<T, config::Limits>)
      return config::unlimited(value);
    else
      return false;
  }

  void write(config::Milliseconds value) { out_.integer(std::int64_t{value.count()}); }
  void write(std::chrono::microseconds value) { out_.integer(std::int64_t{value.count()}); }
  void write(config::Time value) { out_.integer(to_wire(value)); }
  void write(const std::string& value) {
    if (escapes_)
      out_.text(escape_bytes(value));
    else
      out_.text(value);
  }
  template <typename T>
  void write(const std::vector<T>& values) {
    out_.begin_array();
    for (const T& value : values) write(value);
    out_.end_array();
  }
  template <typename T>
  void write(const std::map<std::string, T>& values) {
    out_.begin_object();
    for (const auto& [key, value] : values) field(key, value);
    out_.end_object();
  }
  template <typename T>
  void write(const T& value) {
    if constexpr (std::is_enum_v<T>)
      out_.text(config::name_of(value));
    else if constexpr (std::is_same_v<T, bool>)
      out_.boolean(value);
    else if constexpr (std::is_floating_point_v<T>)
      out_.real(value);
    else if constexpr (std::is_unsigned_v<T>)
      out_.integer(std::uint64_t{value});
    else if constexpr (std::is_integral_v<T>)
      out_.integer(std::int64_t{value});
    else
      structure(value);
  }

  Sink& out_;
  bool escapes_ = false;
};

}  // namespace coppice::api
