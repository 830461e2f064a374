#include "cli/values.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "config/names.h"
#include "config/quantity.h"

namespace coppice::cli {
namespace {

[[noreturn]] void refuse(std::string_view option, const std::string& text, const std::string& remedy) {
  throw UsageError(std::string(option) + " \"" + text + "\" is not understood: " + remedy);
}

std::optional<std::int64_t> whole_number(std::string_view text, int base = 10) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

Milliseconds parse_duration(std::string_view option, const std::string& text) {
  try {
    return config::read_duration(text, std::chrono::seconds(1));
  } catch (const std::invalid_argument& remedy) {
    refuse(option, text, remedy.what());
  }
}

std::int64_t parse_size(std::string_view option, const std::string& text) {
  try {
    return config::read_size(text);
  } catch (const std::invalid_argument& remedy) {
    refuse(option, text, remedy.what());
  }
}

double parse_cpus(std::string_view option, const std::string& text) {
  const bool percent = text.ends_with('%');
  const std::string_view digits = std::string_view(text).substr(0, text.size() - (percent ? 1 : 0));
  double number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  const double cpus = percent ? number / 100 : number;
  if (error != std::errc() || end != digits.data() + digits.size() || !(cpus >= 0.001) || cpus > 1e6)
    refuse(option, text, "give a number of CPUs such as 0.5, 2 or 150%, at least 0.001");
  return cpus;
}

std::int64_t parse_integer(std::string_view option, const std::string& text, std::int64_t least,
                           std::int64_t most) {
  const std::optional<std::int64_t> value = whole_number(text);
  if (!value || *value < least || *value > most) {
    const bool bounded = most != std::numeric_limits<std::int64_t>::max();
    refuse(option, text, bounded ? "give a whole number from " + std::to_string(least) + " to " +
                                       std::to_string(most)
                                 : "give a whole number");
  }
  return *value;
}

int parse_umask(std::string_view option, const std::string& text) {
  const std::optional<std::int64_t> value = whole_number(text, 8);
  if (!value || *value < 0 || *value > 0777)
    refuse(option, text, "give three octal digits such as 022");
  return static_cast<int>(*value);
}

std::map<std::string, std::string> parse_labels(std::string_view option,
                                                const std::vector<std::string>& texts) {
  std::map<std::string, std::string> labels;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) refuse(option, text, "give KEY=VALUE");
    labels[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return labels;
}

std::vector<std::vector<std::string>> parse_pipeline(const std::vector<std::string>& words,
                                                     const std::string& separator) {
  std::vector<std::vector<std::string>> commands(1);
  const auto refuse_empty = [&] {
    throw UsageError("command " + std::to_string(commands.size()) + " of the pipeline is empty: give one on each side of \"" +
                     separator + "\", or say --separator WORD if that is no separator (--separator '' for none)");
  };
  for (const std::string& word : words) {
    if (separator.empty() || word != separator) {
      commands.back().push_back(word);
      continue;
    }
    if (commands.back().empty()) refuse_empty();
    commands.emplace_back();
  }
  if (commands.back().empty()) refuse_empty();
  return commands;
}

EnvironmentOptions parse_environment(std::string_view option, const std::vector<std::string>& texts,
                                     bool clear) {
  EnvironmentOptions environment;
  environment.clear = clear;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || text.empty())
      refuse(option, text, "give NAME=VALUE, or NAME to take it over from here");
    if (equals == std::string::npos)
      environment.keep.push_back(text);
    else
      environment.set.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

RlimitOption parse_rlimit(std::string_view option, const std::string& text) {
  constexpr char kRemedy[] = "give NAME=SOFT[:HARD] such as nofile=1024:4096 or core=unlimited";
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) refuse(option, text, kRemedy);
  const auto value = [&](std::string_view word) -> std::optional<std::int64_t> {
    if (word == "unlimited" || word == "infinity") return std::nullopt;
    const std::optional<std::int64_t> number = whole_number(word);
    if (!number || *number < 0) refuse(option, text, kRemedy);
    return number;
  };
  const std::string_view values = std::string_view(text).substr(equals + 1);
  const std::size_t colon = values.find(':');
  RlimitOption limit;
  limit.name = text.substr(0, equals);
  limit.soft = value(values.substr(0, colon));
  limit.hard = colon == std::string_view::npos ? limit.soft : value(values.substr(colon + 1));
  return limit;
}

StreamOption parse_stream(std::string_view option, const std::string& text,
                          const std::vector<std::string>& words) {
  constexpr std::string_view kFile = "file:";
  if (std::find(words.begin(), words.end(), text) != words.end()) return {text, std::nullopt};
  const bool named = text.starts_with(kFile);
  const std::string path = named ? text.substr(kFile.size()) : text;
  if (path.empty() || (!named && path.find('/') == std::string::npos)) {
    std::string listed;
    for (const std::string& word : words) listed += word + ", or ";
    refuse(option, text, "give " + listed + "a file as ./NAME, a path with a slash, or file:NAME");
  }
  return {"file", path};
}

std::string parse_choice(std::string_view option, const std::string& text,
                         const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  std::string listed;
  for (const std::string& choice : choices)
    listed += (listed.empty() ? "" : " or ") + choice;
  refuse(option, text, "give " + listed);
}

std::string parse_signal(std::string_view option, const std::string& text) {
  const std::optional<int> number = config::signal_number(text);
  if (!number) refuse(option, text, "give a signal such as TERM, HUP or 9");
  return config::signal_name(*number);
}

StoppingOptions read_stopping(const std::optional<std::string>& signal,
                              const std::optional<std::string>& grace,
                              const std::optional<std::string>& leftovers) {
  StoppingOptions stopping;
  if (signal) stopping.signal = parse_signal("--signal", *signal);
  if (grace) stopping.grace = parse_duration("--grace", *grace);
  if (leftovers) stopping.leftovers = parse_choice("--leftovers", *leftovers, {"kill", "wait"});
  return stopping;
}

}  // namespace coppice::cli
