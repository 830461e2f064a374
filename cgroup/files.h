// Interface files of a cgroup, by the descriptor of its directory.
//
// Numbers returned are 0 or errno; shortages of descriptors or memory are errors like others here.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::cgroup {

// Errors that mean: the cgroup has been removed meanwhile.
inline bool means_gone(int error) { return error == ENODEV || error == ENOENT; }

int write_file(int directory, const char* file, std::string_view value);

// Appends all of it to `text`.
int read_file(int directory, const char* file, std::string& text);

// A directory below, not through a symbolic link; errno says why not.
UniqueFd open_directory(int at, const char* path);

// The words of a file such as cgroup.controllers; none if it cannot be read.
std::vector<std::string> read_words(int directory, const char* file);

// The number behind `key ` in a text of lines such as cpu.stat's.
std::optional<std::int64_t> keyed_number(std::string_view text, std::string_view key);

// Appends the numbers of a list such as cgroup.procs.
void append_numbers(std::string_view text, std::vector<pid_t>& numbers);

}  // namespace coppice::cgroup
