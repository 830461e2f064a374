#include "bench/options.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace coppice::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::array kTopics = {"start", "kill", "memory", "output", "scale", "restart"};

std::vector<std::string> topics_in(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    if (std::find(kTopics.begin(), kTopics.end(), word) == kTopics.end())
      throw std::invalid_argument("--only knows no topic \"" + word +
                                  "\", but start, kill, memory, output, scale and restart");
    all.push_back(word);
  }
  return all;
}

void take_value(Options& options, const std::string& name, const std::string& value) {
  if (name == "--coppiced") options.coppiced = fs::absolute(value);
  else if (name == "--tiny") options.tiny = fs::absolute(value);
  else if (name == "--grove") options.grove = fs::absolute(value);
  else if (name == "--pour") options.pour = fs::absolute(value);
  else if (name == "--chime") options.chime = fs::absolute(value);
  else if (name == "--json") options.json = value;
  else if (name == "--only") options.topics = topics_in(value);
  else throw std::invalid_argument("unknown option " + name);
}

bool take_flag(Options& options, const std::string& name) {
  if (name == "--smoke") options.effort = Options::Effort::smoke;
  else if (name == "--quick") options.effort = Options::Effort::quick;
  else if (name == "--long") options.effort = Options::Effort::extended;
  else return false;
  return true;
}

void fill_in(std::string& program, const char* beside) {
  if (program.empty()) program = fs::read_symlink("/proc/self/exe").parent_path() / beside;
  if (!fs::exists(program)) throw std::invalid_argument("there is no program " + program);
}

}  // namespace

bool Options::wants(const std::string& topic) const {
  return topics.empty() || std::find(topics.begin(), topics.end(), topic) != topics.end();
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (take_flag(options, name)) continue;
    if (i + 1 == argc) throw std::invalid_argument(name + " wants a value");
    take_value(options, name, argv[++i]);
  }
  fill_in(options.coppiced, "../packaging/bin/coppiced");
  fill_in(options.tiny, "tiny");
  fill_in(options.grove, "grove");
  fill_in(options.pour, "pour");
  fill_in(options.chime, "chime");
  return options;
}

}  // namespace coppice::bench
