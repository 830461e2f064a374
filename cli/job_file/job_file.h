// Job files: the specification of a job as TOML or JSON.
//
// A file has the fields of JobSpec in io.coppice.Jobs, spelled as there, and besides these:
// - durations and sizes may be strings with units (spellings.h);
// - relative paths (baseDirectory, workingDirectory, rootDirectory, the paths of streams) are taken from the
//   directory of the file, but inside a rootDirectory from its "/";
// - a relative program of the file is looked for from the directory of the file too, unless baseDirectory says
//   otherwise;
// - inheritEnvironment is true if left out, and means the environment of whoever calls `coppice`;
// - nothing that needs a descriptor makes sense: bytesFd, streams of kind fd and pipe, a lifetime bound to a process;
// - commands may be left out, to be given on the command line.
#pragma once

#include <string>

#include "config/job_spec.h"

namespace coppice::cli {

// Reads and checks the file: TOML if its name ends in .toml, JSON if in .json, and otherwise JSON if its first
// character is '{'. In what it answers, paths are absolute, inherit_environment is set, base_directory is set if
// there are commands, and config::check() has nothing to say but that commands may be empty. Throws JobFileError
// (fault.h) with file, line, column, key and what is allowed; std::system_error if it cannot be read.
config::JobSpec load_job_file(const std::string& path);

// The same for a text; relative paths are taken from `directory`, which is absolute.
config::JobSpec parse_job_file(const std::string& path, const std::string& text, const std::string& directory);

}  // namespace coppice::cli
