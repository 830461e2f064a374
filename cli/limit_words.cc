#include "cli/limit_words.h"

#include <cstdio>
#include <optional>

#include "cli/human.h"

namespace coppice::cli {
namespace {

std::string number_words(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

class Words {
 public:
  template <typename Value, typename Spell>
  void add(const char* name, const std::optional<Value>& value, Spell spell) {
    if (value) text_ += (text_.empty() ? "" : ", ") + std::string(name) + " " + spell(*value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string limit_words(const config::Limits& limits) {
  const auto count = [](std::int64_t number) { return std::to_string(number); };
  const auto time = [](config::Milliseconds duration) { return human_duration(duration); };
  Words words;
  words.add("memory", limits.memory_max, human_bytes);
  words.add("memory before it is slowed down", limits.memory_high, human_bytes);
  words.add("CPUs", limits.cpu_max, number_words);
  words.add("CPU weight", limits.cpu_weight, count);
  words.add("io weight", limits.io_weight, count);
  words.add("processes", limits.processes_max, count);
  words.add("wall time", limits.wall_time, time);
  words.add("silence", limits.silence, time);
  words.add("CPU time", limits.cpu_time, time);
  return words.text();
}

config::Limits limits_of(const LimitOptions& options) {
  config::Limits limits;
  limits.memory_max = options.memory_max;
  limits.memory_high = options.memory_high;
  limits.cpu_max = options.cpu_max;
  limits.cpu_weight = options.cpu_weight;
  limits.io_weight = options.io_weight;
  limits.processes_max = options.processes_max;
  limits.wall_time = options.wall_time;
  limits.silence = options.silence;
  limits.cpu_time = options.cpu_time;
  return limits;
}

}  // namespace coppice::cli
