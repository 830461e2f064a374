// A directory of one test, removed with all that is in it.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/errno_text.h"

namespace coppice::daemon {

class Folder {
 public:
  Folder() {
    std::string pattern = "/tmp/coppice-register-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw errno_error("mkdtemp", pattern, errno);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace coppice::daemon
