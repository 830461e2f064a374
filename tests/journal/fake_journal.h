// A socket in place of journald's, read by the test itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::support {

// The fields of one entry; the value of a field that comes twice is the last.
using JournalEntry = std::map<std::string, std::string>;

class FakeJournal {
 public:
  // Listens at `path` until destroyed.
  explicit FakeJournal(std::string path);
  ~FakeJournal();
  FakeJournal(const FakeJournal&) = delete;
  FakeJournal& operator=(const FakeJournal&) = delete;

  const std::string& path() const { return path_; }
  // The next entries, at least one; throws std::runtime_error when they do not come within a minute, or are no entries.
  std::vector<JournalEntry> take(std::size_t count);
  // How many of those taken came as a sealed memory file.
  std::size_t files() const { return files_; }
  // Nothing has come.
  bool empty() const;

 private:
  std::string receive();

  const std::string path_;
  UniqueFd socket_;
  std::string buffer_;
  std::size_t files_ = 0;
};

}  // namespace coppice::support
