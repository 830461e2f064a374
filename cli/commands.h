// What each command does. Every function answers the exit code of the process.
//
// They throw Trouble, varlink::MethodError, varlink::Disconnected, config::InvalidSpec (an answer that
// is not understood) and std::system_error; program.cc makes sentences of them.
#pragma once

#include "cli/options.h"
#include "cli/terminal.h"

namespace coppice::cli {

struct Context {
  CommonOptions common;
  Terminal out;
  Terminal err;
};

int execute(const Context& context, const RunOptions& options);
int execute(const Context& context, const StartOptions& options);
int execute(const Context& context, const ShowOptions& options);
int execute(const Context& context, const AttachOptions& options);
int execute(const Context& context, const PsOptions& options);
int execute(const Context& context, const HistoryOptions& options);
int execute(const Context& context, const StatusOptions& options);
int execute(const Context& context, const WaitOptions& options);
int execute(const Context& context, const LogsOptions& options);
int execute(const Context& context, const WriteOptions& options);
int execute(const Context& context, const StopOptions& options);
int execute(const Context& context, const KillOptions& options);
int execute(const Context& context, const SignalOptions& options);
int execute(const Context& context, const FreezeOptions& options);
int execute(const Context& context, const ThawOptions& options);
int execute(const Context& context, const RenewOptions& options);
int execute(const Context& context, const TreeOptions& options);
int execute(const Context& context, const EventsOptions& options);
int execute(const Context& context, const RmOptions& options);
int execute(const Context& context, const SliceSetOptions& options);
int execute(const Context& context, const SliceListOptions& options);
int execute(const Context& context, const LimitJobOptions& options);
int execute(const Context& context, const TopOptions& options);
int execute(const Context& context, const ExplainOptions& options);
int execute(const Context& context, const DaemonUpgradeOptions& options);
int execute(const Context& context, const DaemonReloadOptions& options);
int execute(const Context& context, const CompleteOptions& options);

}  // namespace coppice::cli
