// What makes a start safe to repeat.
#pragma once

#include <string>

namespace coppice::cli {

// 128 bits that nobody else has, as 32 hexadecimal digits. Throws std::system_error.
std::string random_key();

}  // namespace coppice::cli
