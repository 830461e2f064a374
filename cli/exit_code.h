// The exit codes of `coppice`, and the words for how a job ended.
//
// `run` and `wait` end as the job's command did: with its code, or 128+n for signal n. Where there is
// no such status the codes are those of env(1) and timeout(1).
#pragma once

#include <string>

#include "config/job.h"
#include "ipc/varlink/method_error.h"

namespace coppice::cli {

inline constexpr int kSuccess = 0;
// A command other than `run`, `start` and `wait` could not do what it was asked.
inline constexpr int kFailed = 1;
// The command line makes no sense.
inline constexpr int kUsage = 2;
// `wait --timeout` ran out, or the job was ended for its time.
inline constexpr int kTimedOut = 124;
// `run`, `start` and `wait`: the job could not be started, or what became of it is not known.
inline constexpr int kNoJob = 125;
// The program was found and could not be executed.
inline constexpr int kCannotExecute = 126;
// There is no such program.
inline constexpr int kNotFound = 127;
// 128 + n for a command that a signal ended.
inline constexpr int kSignalBase = 128;

// Never 0 unless the outcome is `succeeded`: a job that was stopped and whose command then exits with 0
// gives 143, as if the polite signal had ended it.
int exit_code_of(const config::Result& result);

// Of an error that `run` or `start` was answered with.
int exit_code_of_start_error(const varlink::MethodError& error);

// "succeeded", "failed with exit code 3", "was ended by SIGSEGV (core dumped)", "was stopped: exit code
// 0", with the detail where the daemon gives one.
std::string ending_of(const config::Result& result);

}  // namespace coppice::cli
