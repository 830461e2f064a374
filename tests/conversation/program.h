// Programs that a test runs: one to its end, one beside the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::conversation {

struct Ended {
  // Of waitpid(2).
  int status = 0;
  // Standard output and error, in one.
  std::string output;
};

// Runs `arguments` to its end; the first is a path. `environment` ("NAME=value") is put over the test's own.
Ended run(const std::vector<std::string>& arguments,
          const std::vector<std::string>& environment = {});

// Ends with SIGTERM, and with SIGKILL if that takes longer than any machine would.
class Beside {
 public:
  // `extra` becomes descriptor `extra_as` of the program; output goes to the file `log`.
  Beside(const std::vector<std::string>& arguments, const std::string& log, const UniqueFd& extra,
         int extra_as);
  ~Beside();
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  // Its status of waitpid(2), after SIGTERM; once.
  int end();

 private:
  pid_t pid_ = -1;
};

}  // namespace coppice::conversation
