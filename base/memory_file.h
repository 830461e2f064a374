// Memory files (memfd_create(2)) that nobody can change any more: bytes handed to another process.
#pragma once

#include <string_view>

#include "base/unique_fd.h"

namespace coppice {

// Close-on-exec, open for reading and writing, its offset at the start, with every seal set: neither its size
// nor its bytes can change. `name` shows up in /proc/PID/fd. Throws std::system_error for a shortage.
UniqueFd sealed_memory_file(const char* name, std::string_view bytes);

}  // namespace coppice
