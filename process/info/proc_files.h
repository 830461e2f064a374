// Opening and reading below /proc, where "gone" is an answer and a shortage is an error.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace coppice::process {

// The directory of a process, O_PATH; owns nothing if there is no such process.
UniqueFd open_process(pid_t pid);

// At most `limit` bytes of a file below it. Nothing if the process is gone or the file is not for us.
std::optional<std::string> read_below(int directory, const char* file, std::size_t limit);

// Calls `take` with each word, up to the next of `separators`, empty ones left out.
void each_word(std::string_view text, std::string_view separators,
               const std::function<void(std::string_view)>& take);

}  // namespace coppice::process
