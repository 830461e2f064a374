// From the options of `run`, `start` and `show` to the specification of the job.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "config/job_spec.h"

namespace coppice::cli {

// What a job takes over from whoever starts it.
struct Caller {
  std::string directory;  // "" if it cannot be told
  int umask = 022;
  int nice = 0;
  // As in environ: NAME=VALUE each, any bytes.
  std::vector<std::string> environment;
  // Of the terminal on standard input, if there is one.
  std::optional<config::TerminalSize> terminal = std::nullopt;
};

// Of this process. The umask is read by setting it for an instant: one thread only.
Caller caller_of_this_process();

using Environment = std::map<std::string, std::string>;

// Variables that the options set, on top of what a job file sets. Reads files. Throws Trouble for an option that
// cannot be followed.
Environment own_environment(const EnvironmentOptions& options, const Caller& caller, Environment of_file = {});

// The caller's variables, as the job inherits them.
Environment inherited_environment(const Caller& caller);

// What the options and the job file make, with what they leave to the caller; its environment is the whole one.
struct Described {
  config::JobSpec spec;
  // What of the environment is set by options and file, and whether the rest is the caller's.
  Environment own;
  bool inherits = false;
};

// The specification, but for the streams and the lifetime that it leaves to the command. Strings may be any bytes;
// those that only JSON can carry are UTF-8. Throws Trouble, naming the option, JobFileError and std::system_error.
Described describe_job(const JobOptions& options, const Caller& caller);
config::JobSpec job_spec(const JobOptions& options, const Caller& caller);

// What `stop` asks for.
config::Stopping stopping_of(const StoppingOptions& options);

}  // namespace coppice::cli
