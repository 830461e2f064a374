// A small tree to be a job's root directory.
#pragma once

#include <string>

namespace coppice::support {

// Makes `path` and in it /bin/sh with what it loads, and /work, where anybody may write. Throws
// std::runtime_error. Whoever gave the path removes it.
void make_root_tree(const std::string& path);

// Makes a directory for anybody to write to, and in it a file `marker` with `word` and a line end.
void make_marked(const std::string& path, const std::string& word);

}  // namespace coppice::support
