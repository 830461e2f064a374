#include "tests/support/root_tree.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace coppice::support {
namespace {

namespace fs = std::filesystem;

constexpr char kShell[] = "/bin/sh";

// The shell, its libraries and its loader: the words of ldd's answer that are paths.
std::vector<std::string> files_of_shell() {
  const std::unique_ptr<FILE, int (*)(FILE*)> answer(::popen("ldd /bin/sh", "re"), ::pclose);
  if (!answer) throw std::runtime_error("cannot ask ldd");
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), answer.get()));
  std::istringstream words(text);
  std::vector<std::string> files = {kShell};
  for (std::string word; words >> word;)
    if (word.front() == '/') files.push_back(word);
  if (files.size() < 3) throw std::runtime_error("ldd names no libraries: " + text);
  return files;
}

}  // namespace

void make_root_tree(const std::string& path) {
  for (const std::string& file : files_of_shell()) {
    const fs::path copy = path + file;
    fs::create_directories(copy.parent_path());
    fs::copy_file(file, copy);
    fs::permissions(copy, static_cast<fs::perms>(0755));
  }
  fs::permissions(path, static_cast<fs::perms>(0755));
  make_marked(path + "/work", "work");
}

void make_marked(const std::string& path, const std::string& word) {
  fs::create_directories(path);
  fs::permissions(path, static_cast<fs::perms>(0777));
  std::ofstream(path + "/marker") << word << '\n';
}

}  // namespace coppice::support
