#include "daemon/recalled_logs.h"

#include "config/check.h"
#include "daemon/outlet.h"
#include "daemon/streams_parts.h"

namespace coppice::daemon {

KeptStreams kept_streams(const config::JobSpec& spec) {
  using Kind = config::Stream::Kind;
  const bool terminal = config::has_terminal(spec);
  const auto is_kept = [](Kind kind) { return kind == Kind::log || kind == Kind::pty; };
  const Kind output = kind_of(spec.output, terminal ? Kind::pty : Kind::log);
  const Kind error = kind_of(spec.error, terminal ? Kind::pty : Kind::log);
  KeptStreams kept;
  kept.output = is_kept(output);
  kept.error_joins = terminal ? output == Kind::pty && error == Kind::pty : !spec.error && kept.output;
  kept.error = (terminal || spec.error) && !kept.error_joins && is_kept(error);
  return kept;
}

Logs recall_logs(Output& output, const std::string& directory, KeptStreams kept) {
  Logs logs;
  if (kept.output) logs.output = Log::recall(output, directory, kOutputOutlet.name);
  if (kept.error) logs.error = Log::recall(output, directory, kErrorOutlet.name);
  if (kept.error_joins) logs.error = logs.output;
  return logs;
}

}  // namespace coppice::daemon
