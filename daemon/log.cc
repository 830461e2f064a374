#include "daemon/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "daemon/journal/entry.h"
#include "daemon/systemd/datagram.h"

namespace coppice::daemon::log {
namespace {

using Level = spdlog::level::level_enum;

// Set by open(), before there are other threads.
std::optional<Datagram> journal_socket;

// JOURNAL_STREAM is DEVICE:INODE of the socket; a program that was started with another standard error has it too.
bool error_goes_to_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (!stream || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return std::string(stream) == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

// As syslog counts them.
std::string_view priority(Level level) {
  return level == Level::err ? "3" : level == Level::warn ? "4" : "6";
}

std::string make_log_entry(Level level, std::string_view text, const About& about) {
  std::string fields;
  add_field(fields, "PRIORITY", priority(level));
  add_field(fields, "SYSLOG_IDENTIFIER", "coppiced");
  if (!about.job.empty()) add_field(fields, "COPPICE_JOB", about.job);
  if (!about.slice.empty()) add_field(fields, "COPPICE_SLICE", about.slice);
  if (about.pid > 0) add_field(fields, "OBJECT_PID", std::to_string(about.pid));
  return make_entry(fields, text);
}

void say(Level level, std::string_view text, const About& about = {}) {
  if (journal_socket && journal_socket->send(make_log_entry(level, text, about)) == 0) return;
  spdlog::log(level, "{}", text);
}

}  // namespace

void open(const std::string& journal) {
  const bool journaled = error_goes_to_journal();
  auto logger = spdlog::stderr_logger_mt("coppiced");
  logger->set_pattern(journaled ? "coppiced: %l: %v" : "%Y-%m-%d %H:%M:%S.%e coppiced: %l: %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  if (journaled) journal_socket.emplace(journal);
}

bool to_journal() { return journal_socket.has_value(); }

void info(std::string_view text) { say(Level::info, text); }
void info_about(std::string_view text, const About& about) { say(Level::info, text, about); }
void warning(std::string_view text) { say(Level::warn, text); }
void warning_about(std::string_view text, const About& about) { say(Level::warn, text, about); }
void error(std::string_view text) { say(Level::err, text); }
void error_about(std::string_view text, const About& about) { say(Level::err, text, about); }

}  // namespace coppice::daemon::log
