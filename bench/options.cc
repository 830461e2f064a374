#include "bench/options.h"

#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace coppice::bench {
namespace {

int number(const std::string& name, const std::string& text) {
  std::size_t used = 0;
  int value = 0;
  try {
    value = std::stoi(text, &used);
  } catch (const std::logic_error&) {
    used = 0;
  }
  if (used == 0 || used != text.size() || value < 1)
    throw std::invalid_argument(name + " wants a number from 1 on, not \"" + text + "\"");
  return value;
}

std::vector<int> numbers(const std::string& name, const std::string& text) {
  std::vector<int> all;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) all.push_back(number(name, word));
  return all;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--coppiced") options.coppiced = std::filesystem::absolute(value);
    else if (name == "--tiny") options.tiny = std::filesystem::absolute(value);
    else if (name == "--grove") options.grove = std::filesystem::absolute(value);
    else if (name == "--output") options.output = value;
    else if (name == "--revision") options.revision = value;
    else if (name == "--jobs") options.jobs = number(name, value);
    else if (name == "--idle") options.idle = numbers(name, value);
    else if (name == "--trees") options.trees = numbers(name, value);
    else if (name == "--kills") options.kills = number(name, value);
    else throw std::invalid_argument("unknown option " + name);
  }
  if (argc % 2 == 0) throw std::invalid_argument(std::string(argv[argc - 1]) + " wants a value");
  if (options.coppiced.empty() || options.tiny.empty() || options.grove.empty())
    throw std::invalid_argument("--coppiced, --tiny and --grove are needed: bench/run gives them");
  return options;
}

}  // namespace coppice::bench
