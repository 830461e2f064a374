// What is wrong with a job file, as a sentence that names the place.
#pragma once

#include <stdexcept>
#include <string>

#include "cli/job_file/document.h"

namespace coppice::cli {

// "job.toml:3:5: limits.memoryMax: …"
class JobFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The text of an error about the value at `path`, "" for the whole file. Where the value itself has no position
// (it is missing) the one of what it belongs to is told.
[[noreturn]] void fail(const std::string& file, const Document& document, const std::string& path,
                       const std::string& reason);
[[noreturn]] void fail(const std::string& file, Position at, const std::string& reason);

}  // namespace coppice::cli
