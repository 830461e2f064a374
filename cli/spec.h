// From the options of `run` and `start` to the specification of the job.
#pragma once

#include <map>
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
};

// Of this process. The umask is read by setting it for an instant: one thread only.
Caller caller_of_this_process();

// Variables for the job. Entries of the caller that are not UTF-8 are left out, and named in
// `left_out`. Throws Trouble for an option that cannot be followed.
std::map<std::string, std::string> job_environment(const EnvironmentOptions& options,
                                                   const Caller& caller,
                                                   std::vector<std::string>& left_out);

// The specification, but for its lifetime and the streams that no option places. Throws Trouble, naming the argument, for
// bytes that are not UTF-8: the interface cannot carry them.
config::JobSpec job_spec(const JobOptions& options, const Caller& caller,
                         std::vector<std::string>& left_out);

// What `stop` asks for.
config::Stopping stopping_of(const StoppingOptions& options);

}  // namespace coppice::cli
