// The command line of the benchmark.
#pragma once

#include <string>
#include <vector>

namespace coppice::bench {

struct Options {
  // By default those that the build puts beside this program.
  std::string coppiced;
  std::string tiny;
  std::string grove;
  std::string pour;
  std::string chime;
  // Where the JSON goes; empty: nowhere.
  std::string json;
  // Empty: all.
  std::vector<std::string> topics;
  // How much of each: smoke only shows that all of it works, long is for hours without anybody waiting.
  enum class Effort { smoke, quick, usual, extended };
  Effort effort = Effort::usual;

  bool wants(const std::string& topic) const;
};

// Throws std::invalid_argument naming the option.
Options parse_options(int argc, char** argv);

}  // namespace coppice::bench
