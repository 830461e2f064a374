#include "daemon/settings/report.h"

#include <algorithm>
#include <vector>

#include "daemon/settings/value.h"

namespace coppice::daemon {
namespace {

struct Line {
  std::string text;
  std::string source;
};

// What is not set, and a path that is empty, which no file can say.
bool absent(const Key& key, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return std::holds_alternative<std::monostate>(value) || (text && key.kind == Kind::path && text->empty());
}

Line line_of(const Settings& settings, const Key& key, const Assignments& assignments) {
  const auto found = assignments.find(std::string(key.name));
  const std::string source = found == assignments.end() ? "default" : words_of(found->second.source);
  const Value value = key.get(settings);
  const std::string name(key.name);
  if (absent(key, value)) return {"# " + name, "default: " + std::string(key.fallback)};
  return {name + " = " + toml_text(key, value), source};
}

}  // namespace

std::string print_settings(const Settings& settings, const Assignments& assignments) {
  std::vector<Line> lines;
  for (const Key& key : keys()) lines.push_back(line_of(settings, key, assignments));
  for (const auto& [name, assignment] : assignments) {
    if (assignment.user.empty()) continue;
    std::string line = file_text({{name, assignment}});
    line.pop_back();
    lines.push_back({std::move(line), words_of(assignment.source)});
  }
  std::size_t width = 0;
  for (const Line& line : lines) width = std::max(width, std::min<std::size_t>(line.text.size(), 60));
  std::string text;
  for (const Line& line : lines)
    text += line.text + std::string(width - std::min(width, line.text.size()), ' ') + "  # " + line.source + "\n";
  return text;
}

}  // namespace coppice::daemon
