#include "daemon/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace coppice::daemon::log {

void open() {
  auto logger = spdlog::stderr_logger_mt("coppiced");
  logger->set_pattern(std::getenv("JOURNAL_STREAM") ? "coppiced: %l: %v"
                                                    : "%Y-%m-%d %H:%M:%S.%e coppiced: %l: %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void info(std::string_view text) { spdlog::info("{}", text); }
void warning(std::string_view text) { spdlog::warn("{}", text); }
void error(std::string_view text) { spdlog::error("{}", text); }

}  // namespace coppice::daemon::log
