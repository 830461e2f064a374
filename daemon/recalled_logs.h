// The logs of a job that is in the history.
#pragma once

#include <string>

#include "daemon/history/row.h"
#include "daemon/job.h"
#include "daemon/output/output.h"

namespace coppice::daemon {

// Which streams of such a job are in logs.
KeptStreams kept_streams(const config::JobSpec& spec);

// Over the files below `directory`, ended; the disk is looked at when they are first asked for. One whose files are
// not there is empty.
Logs recall_logs(Output& output, const std::string& directory, KeptStreams kept);

}  // namespace coppice::daemon
