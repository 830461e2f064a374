// Opening and reading below /proc, where "gone" is an answer and a shortage is an error.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace coppice::process {

// The directory of a process, O_PATH; owns nothing if there is no such process.
UniqueFd open_process(pid_t pid);

// At most `limit` bytes of a file below it. Nothing if the process is gone or the file is not for us.
std::optional<std::string> read_below(int directory, const char* file, std::size_t limit);

// Cuts the next word off `text`: up to one of `separators`, of which the leading ones are left out. Empty
// at the end.
std::string_view next_word(std::string_view& text, std::string_view separators);

}  // namespace coppice::process
