// A socket in place of the service manager's, read by the test itself.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/unique_fd.h"

namespace coppice::support {

class FakeManager {
 public:
  // Listens at `path`, or at the abstract address "@NAME".
  explicit FakeManager(std::string path);
  FakeManager(const FakeManager&) = delete;
  FakeManager& operator=(const FakeManager&) = delete;
  ~FakeManager();

  const std::string& path() const { return path_; }
  // The next message. Throws std::runtime_error when none comes within a minute.
  std::string next();
  // The next one that contains `words`; those before it are dropped.
  std::string next_with(const std::string& words);
  // Who has sent the last one, as the kernel says.
  pid_t sender() const { return sender_; }

 private:
  const std::string path_;
  UniqueFd socket_;
  pid_t sender_ = 0;
};

}  // namespace coppice::support
