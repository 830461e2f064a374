// escapee WAY READY-FILE [CGROUP [PATH]]: a tree that tries to get away.
#include <cstdio>
#include <map>
#include <string>

#include "tests/escape/programs/tree.h"

int main(int argc, char** argv) {
  using namespace escapee;
  if (argc < 3) return 2;
  const std::string way = argv[1];
  const std::map<std::string, void (*)(const std::string&)> ways = {
      {"double_fork", double_fork},
      {"setsid_chain", setsid_chain},
      {"daemonize", daemonize_again_and_again},
      {"ignore_signals", ignore_signals},
      {"stop_itself", stop_itself},
      {"trace_sibling", trace_sibling},
      {"vfork", block_in_vfork},
      {"nest", nest},
      {"nest_and_freeze", nest_and_freeze},
      {"lose_main_thread", lose_main_thread},
      {"bomb", bomb},
  };
  if (way == "move_away" && argc == 4) move_away(argv[2], argv[3]);
  const std::map<std::string, void (*)(const std::string&, const std::string&, const std::string&)> ways_out = {
      {"leave", leave},
      {"leave_and_end", leave_and_end},
      {"leave_without_a_trace", leave_without_a_trace},
  };
  if (const auto out = ways_out.find(way); out != ways_out.end() && argc == 5) out->second(argv[2], argv[3], argv[4]);
  const auto found = ways.find(way);
  if (found == ways.end()) return 2;
  found->second(argv[2]);
}
