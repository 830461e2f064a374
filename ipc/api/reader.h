// Walks over the field lists of fields.h, and reads what they say from a JSON value: the way back from encoder.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/boxed.h"
#include "config/errors.h"
#include "config/names.h"
#include "ipc/api/escape.h"
#include "ipc/api/fields.h"

namespace coppice::api {

// Every string of the commands, by `change`.
inline void change_each(std::vector<config::Command>& commands, std::string (*change)(std::string_view)) {
  for (config::Command& command : commands) {
    for (std::string& argument : command.argv) argument = change(argument);
    if (command.argv0) command.argv0 = change(*command.argv0);
  }
}

class Reader {
 public:
  Reader(const nlohmann::json& in, const std::string& path) : in_(in), path_(path) {
    if (!in.is_object()) throw config::InvalidSpec(path, "expected an object");
  }

  template <typename T>
  void field(const char* name, T& value) {
    const nlohmann::json* found = find(name);
    if (!found) throw config::InvalidSpec(path_ + "." + name, "missing");
    read(*found, value, path_ + "." + name);
  }
  template <typename T>
  void field(const char* name, std::optional<T>& value) {
    maybe(name, value);
  }
  template <typename T>
  void field(const char* name, Boxed<T>& value) {
    maybe(name, value);
  }
  template <typename T>
  void unless_empty(const char* name, T& value) {
    if (const nlohmann::json* found = find(name)) read(*found, value, path_ + "." + name);
  }
  void base64(const char* name, std::optional<std::string>& bytes) {
    std::optional<std::string> text;
    field(name, text);
    if (!text) return;
    bytes = base64_decode(*text);
    if (!bytes) throw config::InvalidSpec(path_ + "." + name, "not base64 with padding");
  }
  void escaped(const char* name, std::vector<std::string>& strings) {
    field(name, strings);
    for (std::string& string : strings) string = unescape_bytes(string);
  }
  void escaped(const char* name, std::optional<std::string>& text) {
    field(name, text);
    if (text) text = unescape_bytes(*text);
  }
  void escaped(const char* name, std::vector<config::Command>& commands) {
    field(name, commands);
    change_each(commands, unescape_bytes);
  }
  void letter(const char* name, char& letter) {
    std::string text;
    field(name, text);
    if (text.size() != 1) throw config::InvalidSpec(path_ + "." + name, "expected one letter");
    letter = text[0];
  }

  template <typename T>
  static T read_struct(const nlohmann::json& in, const std::string& path) {
    Reader reader(in, path);
    T value;
    describe(reader, value);
    return value;
  }

 private:
  template <template <typename> class Maybe, typename T>
  void maybe(const char* name, Maybe<T>& value) {
    const nlohmann::json* found = find(name);
    if (!found) return;
    T read_value{};
    read(*found, read_value, path_ + "." + name);
    value = std::move(read_value);
  }

  const nlohmann::json* find(const char* name) const {
    const auto found = in_.find(name);
    return found == in_.end() || found->is_null() ? nullptr : &*found;
  }

  template <typename Integer>
  static Integer integer(const nlohmann::json& in, const std::string& path) {
    if (!in.is_number_integer()) throw config::InvalidSpec(path, "expected an integer");
    if (in.is_number_unsigned() ? std::in_range<Integer>(in.get<std::uint64_t>())
                                : std::in_range<Integer>(in.get<std::int64_t>()))
      return in.get<Integer>();
    throw config::InvalidSpec(
        path, "out of range: expected " + std::to_string(std::numeric_limits<Integer>::min()) +
                  " to " + std::to_string(std::numeric_limits<Integer>::max()));
  }

  static void read(const nlohmann::json& in, int& value, const std::string& path) {
    value = integer<int>(in, path);
  }
  static void read(const nlohmann::json& in, std::int64_t& value, const std::string& path) {
    value = integer<std::int64_t>(in, path);
  }
  static void read(const nlohmann::json& in, std::uint32_t& value, const std::string& path) {
    value = integer<std::uint32_t>(in, path);
  }
  static void read(const nlohmann::json& in, std::uint64_t& value, const std::string& path) {
    value = integer<std::uint64_t>(in, path);
  }
  static void read(const nlohmann::json& in, double& value, const std::string& path) {
    if (!in.is_number()) throw config::InvalidSpec(path, "expected a number");
    value = in.get<double>();
  }
  static void read(const nlohmann::json& in, bool& value, const std::string& path) {
    if (!in.is_boolean()) throw config::InvalidSpec(path, "expected true or false");
    value = in.get<bool>();
  }
  static void read(const nlohmann::json& in, std::string& value, const std::string& path) {
    if (!in.is_string()) throw config::InvalidSpec(path, "expected a string");
    value = in.get_ref<const std::string&>();
  }
  static void read(const nlohmann::json& in, config::Milliseconds& value, const std::string& path) {
    value = config::Milliseconds(integer<std::int64_t>(in, path));
  }
  static void read(const nlohmann::json& in, std::chrono::microseconds& value,
                   const std::string& path) {
    value = std::chrono::microseconds(integer<std::int64_t>(in, path));
  }
  static void read(const nlohmann::json& in, config::Time& value, const std::string& path) {
    value = config::Time(std::chrono::microseconds(integer<std::int64_t>(in, path)));
  }
  template <typename T>
  static void read(const nlohmann::json& in, std::vector<T>& values, const std::string& path) {
    if (!in.is_array()) throw config::InvalidSpec(path, "expected an array");
    values.resize(in.size());
    for (std::size_t i = 0; i < in.size(); ++i)
      read(in[i], values[i], path + "[" + std::to_string(i) + "]");
  }
  template <typename T>
  static void read(const nlohmann::json& in, std::map<std::string, T>& values,
                   const std::string& path) {
    if (!in.is_object()) throw config::InvalidSpec(path, "expected an object");
    for (const auto& [key, value] : in.items()) read(value, values[key], path + "." + key);
  }
  template <typename T>
  static void read(const nlohmann::json& in, T& value, const std::string& path) {
    if constexpr (std::is_enum_v<T>) {
      const auto known =
          in.is_string() ? config::parse<T>(in.get_ref<const std::string&>()) : std::nullopt;
      if (!known) throw config::InvalidSpec(path, "not one of its values");
      value = *known;
    } else {
      value = read_struct<T>(in, path);
    }
  }

  const nlohmann::json& in_;
  const std::string path_;
};

}  // namespace coppice::api
