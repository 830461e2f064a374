#include "cli/env_file.h"

#include <algorithm>
#include <cstddef>

#include "cli/terminal.h"
#include "cli/text_file.h"
#include "cli/trouble.h"

namespace coppice::cli {
namespace {

constexpr std::string_view kBlanks = " \t\v\f";
constexpr std::string_view kExport = "export";

std::string_view without_blanks(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return line;
}

std::string_view without_export(std::string_view line) {
  if (!line.starts_with(kExport)) return line;
  const std::string_view rest = line.substr(kExport.size());
  return rest.empty() || kBlanks.find(rest.front()) == std::string_view::npos ? line : without_blanks(rest);
}

// Why this is no variable, or an empty text.
std::string fault_of(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos)
    return "no variable: give NAME=VALUE, or a comment that begins with #";
  if (equals == 0) return "a variable without a name: give NAME=VALUE";
  if (line.substr(0, equals).find_first_of(kBlanks) != std::string_view::npos)
    return "a name with a blank in it: give NAME=VALUE, without blanks before the =";
  if (line.find('\0') != std::string_view::npos)
    return "a NUL byte, which no variable can hold: is this a file of variables?";
  return "";
}

}  // namespace

Variables parse_env_file(const std::string& path, std::string_view text) {
  Variables variables;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = without_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    line = without_export(line);
    if (const std::string fault = fault_of(line); !fault.empty())
      throw Trouble(printable(path) + ":" + std::to_string(number) + ": " + fault);
    const std::size_t equals = line.find('=');
    variables.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return variables;
}

Variables read_env_file(const std::string& path) { return parse_env_file(path, read_text_file(path)); }

}  // namespace coppice::cli
