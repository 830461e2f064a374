// Standard output and standard error of the program.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace coppice::cli {

// To standard output, buffered. What could not be written is reported by flush().
void print(std::string_view text);
// One object on one line. Bytes that are not UTF-8 are replaced.
void print_object(const nlohmann::json& object);
// Throws std::system_error if anything printed since the start was lost: a full disk must not pass silently.
void flush();

// "coppice: text" and a newline to standard error, as one write.
void say(std::string_view text);
// The line as it is, to standard error.
void say_object(const nlohmann::json& object);

// Makes descriptors 0, 1 and 2 refer to something (/dev/null) if the caller closed them, so that no
// socket of ours gets such a number. Call first.
void open_standard_descriptors();

}  // namespace coppice::cli
