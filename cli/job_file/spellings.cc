#include "cli/job_file/spellings.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/values.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr std::pair<std::string_view, Spelling> kFields[] = {
    {"limits.memoryMax", Spelling::size},      {"limits.memoryHigh", Spelling::size},
    {"logMax", Spelling::size},                {"limits.wallTime", Spelling::duration},
    {"limits.silence", Spelling::duration},    {"limits.cpuTime", Spelling::duration},
    {"stopping.grace", Spelling::duration},    {"lifetime.ttl", Spelling::duration},
    {"restart.delay", Spelling::duration},     {"restart.maxDelay", Spelling::duration},
    {"restart.resetAfter", Spelling::duration}};

// The value at "a.b", null if there is none.
json* find(json& spec, std::string_view path) {
  json* at = &spec;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    if (!at->is_object()) return nullptr;
    const auto member = at->find(std::string(path.substr(0, dot)));
    if (member == at->end()) return nullptr;
    at = &*member;
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return at;
}

// A number without a unit would be seconds on the command line and milliseconds in the interface.
std::int64_t number_of(Spelling spelling, const std::string& text) {
  const bool bare = text.find_first_not_of("0123456789.") == std::string::npos;
  if (spelling == Spelling::size) return parse_size("the size", text);
  if (bare)
    throw UsageError("the duration \"" + text +
                     "\" has no unit: give one, as in 10s, 250ms or 1m30s, or milliseconds without quotes");
  return parse_duration("the duration", text).count();
}

}  // namespace

Spelling spelling_of(std::string_view path) {
  for (const auto& [field, spelling] : kFields)
    if (field == path) return spelling;
  return Spelling::none;
}

void replace_spellings(json& spec, std::string& fault) {
  for (const auto& [field, spelling] : kFields) {
    json* value = find(spec, field);
    if (value == nullptr || !value->is_string()) continue;
    fault = field;
    *value = number_of(spelling, value->get<std::string>());
  }
}

}  // namespace coppice::cli
