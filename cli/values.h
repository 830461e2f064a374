// The words of a command line as values. Each throws UsageError that names the option and the remedy.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace coppice::cli {

// The command line makes no sense; what() is one sentence for the user.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// "10", "1.5s", "250ms", "1m30s", "2h", "7d": a number alone is seconds. Not negative.
Milliseconds parse_duration(std::string_view option, const std::string& text);

// "4096", "512M", "1.5G", "2GiB": bytes, with units of powers of 1024. Not negative.
std::int64_t parse_size(std::string_view option, const std::string& text);

// "0.5", "2", "150%": CPUs' worth of time, 0.001 at least.
double parse_cpus(std::string_view option, const std::string& text);

// A whole number within these bounds.
std::int64_t parse_integer(std::string_view option, const std::string& text, std::int64_t least,
                           std::int64_t most);

// "022": octal, up to 0777.
int parse_umask(std::string_view option, const std::string& text);

// "key=value" each; a key that is given twice takes the last.
std::map<std::string, std::string> parse_labels(std::string_view option,
                                                const std::vector<std::string>& texts);

// The commands of a pipeline: what stands between words that are exactly `separator`; an empty separator separates
// nothing. `words` is not empty, and none of the commands may be.
std::vector<std::vector<std::string>> parse_pipeline(const std::vector<std::string>& words,
                                                     const std::string& separator);

// "NAME" and "NAME=VALUE"
EnvironmentOptions parse_environment(std::string_view option, const std::vector<std::string>& texts,
                                     bool clear);

// "nofile=1024", "nofile=1024:4096", "core=unlimited"; one number is both the soft and the hard limit.
RlimitOption parse_rlimit(std::string_view option, const std::string& text);

// Where a stream goes: one of `words`, or a file. "./x", "/x" and all that has a slash is a file, and so is what
// stands behind "file:"; a bare word never is, so that a word more in a later version means no other thing.
StreamOption parse_stream(std::string_view option, const std::string& text,
                          const std::vector<std::string>& words);

// `text` if it is one of `choices`.
std::string parse_choice(std::string_view option, const std::string& text,
                         const std::vector<std::string>& choices);

// The texts of --signal, --grace and --leftovers.
StoppingOptions read_stopping(const std::optional<std::string>& signal,
                              const std::optional<std::string>& grace,
                              const std::optional<std::string>& leftovers = std::nullopt);

// "TERM", "SIGTERM" or "15" as "SIGTERM".
std::string parse_signal(std::string_view option, const std::string& text);

}  // namespace coppice::cli
