#include "cli/job_file/job_file_text.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/job_file/document.h"
#include "cli/job_file/spellings.h"
#include "ipc/api/codec.h"
#include "ipc/api/escape.h"
#include "ipc/api/interface.h"
#include "ipc/varlink/idl.h"

namespace coppice::cli {
namespace {

using nlohmann::json;
using varlink::Type;

constexpr std::pair<std::string_view, std::string_view> kDefaults[] = {
    {"name", "none"},
    {"slice", "the top, which has no name"},
    {"labels", "none"},
    {"baseDirectory", "/"},
    {"workingDirectory", "where coppice is called"},
    {"environment", "nothing of its own"},
    {"inheritEnvironment", "true: the variables that coppice is called with"},
    {"user", "whoever calls coppice"},
    {"group", "the user's own"},
    {"supplementaryGroups", "the user's own"},
    {"umask", "as coppice is called with"},
    {"nice", "as coppice is called with"},
    {"oomScoreAdjust", "0"},
    {"noNewPrivileges", "false"},
    {"delegate", "false"},
    {"rootDirectory", "/, as everybody's"},
    {"input", "coppice run: its own, coppice start: null"},
    {"output", "coppice run: its own, coppice start: log"},
    {"error", "coppice run: its own, coppice start: where the output goes"},
    {"inputData", "none"},
    {"terminalSize", "80 columns and 24 rows, if there is a terminal"},
    {"bytesFd", "never in a file"},
    {"limits", "none"},
    {"limits.memoryMax", "unlimited"},
    {"limits.memoryHigh", "unlimited"},
    {"limits.cpuMax", "unlimited"},
    {"limits.cpuWeight", "100"},
    {"limits.ioWeight", "100"},
    {"limits.processesMax", "unlimited"},
    {"limits.wallTime", "unlimited"},
    {"limits.silence", "unlimited"},
    {"limits.cpuTime", "unlimited"},
    {"limits.rlimits", "as the daemon has"},
    {"limitsRequired", "true: a limit that cannot be set refuses the job"},
    {"containmentRequired", "none: the strongest that there is"},
    {"stopping", "all as below"},
    {"stopping.signal", "SIGTERM"},
    {"stopping.whom", "main"},
    {"stopping.grace", "10s"},
    {"stopping.leftovers", "kill"},
    {"lifetime", "coppice run: connection, coppice start: detached"},
    {"lifetime.fd", "never in a file"},
    {"lifetime.ttl", "none"},
    {"restart", "never"},
    {"restart.delay", "none"},
    {"restart.maxDelay", "none"},
    {"restart.maxAttempts", "unlimited"},
    {"restart.resetAfter", "never"},
    {"priority", "0"},
    {"logMax", "all of it"},
    {"logDrop", "oldest"}};

// Control characters, those of C2 80 to C2 9F too, are spelled out: the text may go to a terminal.
std::string quoted(const std::string& given) {
  const std::string text = api::is_utf8(given) ? given : api::escape_bytes(given);
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = api::character_length(text, at);
    const auto last = static_cast<unsigned char>(text[at + length - 1]);
    const bool latin = length == 2 && static_cast<unsigned char>(text[at]) == 0xc2;
    if ((length == 1 && (last < 0x20 || last == 0x7f)) || (latin && last < 0xa0)) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(last));
      out += escaped;
    } else {
      if (text[at] == '"' || text[at] == '\\') out += '\\';
      out += text.substr(at, length);
    }
    at += length;
  }
  return out + "\"";
}

std::string key_text(const std::string& key) {
  constexpr char kBare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  return !key.empty() && key.find_first_not_of(kBare) == std::string::npos ? key : quoted(key);
}

// The largest unit that leaves a whole number.
std::string with_unit(std::int64_t number, const std::vector<std::pair<std::int64_t, const char*>>& units,
                      const std::string& bare) {
  for (const auto& [size, unit] : units)
    if (number != 0 && number % size == 0) return "\"" + std::to_string(number / size) + unit + "\"";
  return bare;
}

std::string number_text(const json& value, const std::string& path) {
  const std::string bare = value.dump();
  if (!value.is_number_integer()) return bare;
  const auto number = value.get<std::int64_t>();
  if (path == "umask") {
    char octal[32];
    std::snprintf(octal, sizeof octal, "0o%03llo", static_cast<unsigned long long>(number));
    return octal;
  }
  switch (spelling_of(path)) {
    case Spelling::duration:
      return with_unit(number, {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}, bare);
    case Spelling::size: return with_unit(number, {{1LL << 30, "G"}, {1LL << 20, "M"}, {1LL << 10, "K"}}, bare);
    case Spelling::none: break;
  }
  return bare;
}

std::string value_text(const json& value, const std::string& path) {
  if (value.is_string()) return quoted(value.get<std::string>());
  if (!value.is_structured()) return number_text(value, path);
  std::string text;
  for (const auto& [key, member] : value.items()) {
    text += text.empty() ? "" : ", ";
    if (value.is_object()) text += key_text(key) + " = ";
    text += value_text(member, value.is_object() ? member_path(path, key) : path);
  }
  if (value.is_array()) return "[" + text + "]";
  return text.empty() ? "{}" : "{ " + text + " }";
}

// Walks over the fields of the interface, so that none can be forgotten.
class Writer {
 public:
  std::string write(const json& spec) {
    const Type& type = *interface_.find_type("JobSpec");
    for (const varlink::Field& field : type.fields)
      if (!is_section(field)) write_field(field.name, spec, field.name);
    for (const varlink::Field& field : type.fields)
      if (is_section(field)) write_section(field, spec);
    return std::move(text_);
  }

 private:
  const Type& meaning(const Type& type) const {
    if (type.kind == Type::Kind::optional) return meaning(type.element.front());
    if (type.kind == Type::Kind::named) return *interface_.find_type(type.name);
    return type;
  }

  // Streams and the size of a terminal are short enough for a line.
  bool is_section(const varlink::Field& field) const {
    const Type& type = meaning(field.type);
    return (type.kind == Type::Kind::structure && type.fields.size() > 2 && !is_stream(field)) ||
           type.kind == Type::Kind::map;
  }

  static bool is_stream(const varlink::Field& field) {
    return field.type.kind == Type::Kind::optional && field.type.element.front().name == "Stream";
  }

  void write_field(const std::string& name, const json& object, const std::string& path) {
    const auto found = object.find(name);
    if (found == object.end()) return write_default(path);
    if (path == "commands") return write_commands(*found);
    text_ += key_text(name) + " = " + value_text(*found, path) + "\n";
  }

  // Names of fields need no quoting, and nothing that a file cannot have is told.
  void write_default(const std::string& path) {
    const std::string_view words = default_of(path);
    if (path != "bytesFd" && path != "lifetime.fd")
      text_ += "# " + path.substr(path.rfind('.') + 1) + ": " + std::string(words) + "\n";
  }

  void write_commands(const json& commands) {
    text_ += "commands = [\n";
    for (const json& command : commands) text_ += "  " + value_text(command, "commands") + ",\n";
    text_ += "]\n";
  }

  void write_section(const varlink::Field& field, const json& spec) {
    const auto found = spec.find(field.name);
    const Type& type = meaning(field.type);
    text_ += "\n";
    const bool set = found != spec.end();
    // A struct whose fields have to be given has no defaults of its own.
    if (!set && (type.kind == Type::Kind::map || !may_be_empty(type))) return write_default(field.name);
    text_ += (set ? "[" : "# [") + field.name + "]\n";
    const json object = set ? *found : json::object();
    if (type.kind == Type::Kind::map) {
      for (const auto& [key, value] : object.items())
        text_ += key_text(key) + " = " + value_text(value, member_path(field.name, key)) + "\n";
      return;
    }
    for (const varlink::Field& inner : type.fields)
      write_field(inner.name, object, member_path(field.name, inner.name));
  }

  static bool may_be_empty(const Type& type) {
    for (const varlink::Field& field : type.fields)
      if (field.type.kind != Type::Kind::optional) return false;
    return true;
  }

  const varlink::Interface interface_ = varlink::parse_interface(api::interface_text());
  std::string text_;
};

bool all_utf8(const json& value) {
  if (value.is_string()) return api::is_utf8(value.get_ref<const std::string&>());
  if (!value.is_structured()) return true;
  for (const auto& [key, member] : value.items())
    if (!api::is_utf8(key) || !all_utf8(member)) return false;
  return true;
}

}  // namespace

std::string_view default_of(std::string_view path) {
  for (const auto& [field, words] : kDefaults)
    if (field == path) return words;
  return {};
}

std::string job_file_text(const config::JobSpec& spec) {
  const json object = api::to_json(spec);
  const std::string note =
      all_utf8(object) ? "" : "# Some of it is not UTF-8, which no file can hold: \\xHH stands for such a byte.\n";
  return note + Writer().write(object);
}

}  // namespace coppice::cli
