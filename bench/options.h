// The command line of the benchmark.
#pragma once

#include <string>
#include <vector>

namespace coppice::bench {

struct Options {
  std::string coppiced;
  std::string tiny;
  std::string grove;
  // Where the report goes; empty: standard output.
  std::string output;
  // Said in the report; empty: nothing is.
  std::string revision;
  int jobs = 2000;
  std::vector<int> idle = {1000, 10000};
  std::vector<int> trees = {1, 100, 1000};
  int kills = 30;
};

// Throws std::invalid_argument naming the option.
Options parse_options(int argc, char** argv);

}  // namespace coppice::bench
