// Files that the user names: read whole.
#pragma once

#include <string>

namespace coppice::cli {

// What stands in the file; pipes and terminals are read to their end. At most 16 MiB. Throws std::system_error, and
// std::runtime_error for a file that is larger.
std::string read_text_file(const std::string& path);

}  // namespace coppice::cli
