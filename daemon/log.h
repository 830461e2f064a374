// What the daemon tells its administrator, a line each, on standard error.
//
// Libraries of ours do not log: they return or throw, and the daemon says it once. Any thread.
#pragma once

#include <string_view>

namespace coppice::daemon::log {

// Without the time of day where something else (the journal) adds it: when JOURNAL_STREAM is set.
void open();

void info(std::string_view text);
void warning(std::string_view text);
void error(std::string_view text);

}  // namespace coppice::daemon::log
