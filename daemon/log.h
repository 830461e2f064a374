// What the daemon tells its administrator, a line each: on standard error, or where that is the journal's, as an entry with
// fields of its own.
//
// Libraries of ours do not log: they return or throw, and the daemon says it once. Any thread. Entries do not wait for the
// journal: what it does not take at once goes to standard error.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace coppice::daemon::log {

// What a line is about, for `journalctl COPPICE_JOB=ID`: the fields COPPICE_JOB, COPPICE_SLICE and OBJECT_PID of the entry, as
// far as they are given.
struct About {
  std::string job;
  std::string slice = {};
  pid_t pid = 0;
};

// `journal`: where the journal listens. It is spoken to when JOURNAL_STREAM says that standard error goes there
// (systemd.exec(5)). Lines on standard error have no time of day then: the journal adds it.
void open(const std::string& journal);

// Whether lines are entries.
bool to_journal();

void info(std::string_view text);
void info_about(std::string_view text, const About& about);
void warning(std::string_view text);
void warning_about(std::string_view text, const About& about);
void error(std::string_view text);
void error_about(std::string_view text, const About& about);

}  // namespace coppice::daemon::log
