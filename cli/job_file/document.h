// A job file as it was written: its values, and where each stands.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace coppice::cli {

// Both count from 1; columns in characters.
struct Position {
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Document {
  nlohmann::json value;
  // By the path that varlink::find_mismatch() would give a value: "commands[0].argv". The position of a member is
  // that of its key, any other's that of its value; the whole has none.
  std::map<std::string, Position> positions;
};

// Where `name` lies below `path`.
inline std::string member_path(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}
inline std::string element_path(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

// The text is no document of its kind.
class SyntaxError : public std::runtime_error {
 public:
  SyntaxError(Position at, const std::string& what) : std::runtime_error(what), at_(at) {}
  Position at() const noexcept { return at_; }

 private:
  Position at_;
};

// Both throw SyntaxError: for what the language does not have, for a key that is given twice, for nesting that is
// deeper than any job's, and, for TOML, for a date or a time, which no job has.
Document read_json(std::string_view text);
Document read_toml(std::string_view text);

}  // namespace coppice::cli
