// Files of variables, for --env-file.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coppice::cli {

using Variables = std::vector<std::pair<std::string, std::string>>;

// The variables in `text`, in order. As docker's --env-file has it: a line is NAME=VALUE, with "export " before it
// if one likes; the value is taken literally up to the end of the line (quotes, '#' and blanks are part of it, a
// carriage return that ends the line is not). Lines that are blank or begin with '#', behind blanks or not, say
// nothing. Bytes that are not UTF-8 are welcome. Throws Trouble with `path`, the line and the remedy.
Variables parse_env_file(const std::string& path, std::string_view text);

// The same for the file at `path`. Throws std::system_error as well.
Variables read_env_file(const std::string& path);

}  // namespace coppice::cli
