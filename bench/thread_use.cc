#include "bench/thread_use.h"

#include <filesystem>
#include <fstream>
#include <map>

namespace coppice::bench {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::vector<ThreadUse> use_of(pid_t pid) {
  std::vector<ThreadUse> uses;
  const fs::path process = "/proc/" + std::to_string(pid);
  const std::string name = first_line(process / "comm") + " " + std::to_string(pid);
  std::error_code gone;
  for (const auto& task : fs::directory_iterator(process / "task", gone)) {
    ThreadUse use;
    use.process = name;
    use.thread = first_line(task.path() / "comm") + " " + task.path().filename().string();
    std::ifstream schedule(task.path() / "schedstat");
    schedule >> use.running_micros >> use.waiting_micros >> use.switches;
    use.running_micros /= 1000;
    use.waiting_micros /= 1000;
    uses.push_back(use);
  }
  return uses;
}

std::vector<ThreadUse> difference(const std::vector<ThreadUse>& after, const std::vector<ThreadUse>& before) {
  std::map<std::string, ThreadUse> known;
  for (const ThreadUse& use : before) known[use.process + use.thread] = use;
  std::vector<ThreadUse> grown = after;
  for (ThreadUse& use : grown) {
    const ThreadUse& old = known[use.process + use.thread];
    use.running_micros -= old.running_micros;
    use.waiting_micros -= old.waiting_micros;
    use.switches -= old.switches;
  }
  return grown;
}

std::vector<ThreadUse> by_name(const std::vector<ThreadUse>& uses) {
  std::map<std::string, ThreadUse> together;
  for (const ThreadUse& use : uses) {
    const std::string process = use.process.substr(0, use.process.rfind(' '));
    const std::string thread = use.thread.substr(0, use.thread.rfind(' '));
    ThreadUse& sum = together[process + "/" + thread];
    sum.process = process;
    sum.thread = thread;
    sum.running_micros += use.running_micros;
    sum.waiting_micros += use.waiting_micros;
    sum.switches += use.switches;
  }
  std::vector<ThreadUse> all;
  for (const auto& entry : together) all.push_back(entry.second);
  return all;
}

double running_micros(const std::vector<ThreadUse>& uses) {
  double sum = 0;
  for (const ThreadUse& use : uses) sum += use.running_micros;
  return sum;
}

}  // namespace coppice::bench
