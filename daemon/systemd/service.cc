#include "daemon/systemd/service.h"

#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <cerrno>
#include <exception>
#include <string>
#include <string_view>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "daemon/log.h"
#include "daemon/systemd/environment.h"
#include "daemon/systemd/job_log.h"
#include "daemon/systemd/scope.h"
#include "daemon/systemd/status_line.h"
#include "daemon/systemd/takeover.h"

namespace coppice::daemon {
namespace {

// Beyond the time of stopping: a kill, the farewell to clients, the removal of cgroups.
constexpr std::chrono::seconds kEndMargin(15);

// Of what runs as long as the daemon does.
void tell_failure(std::exception_ptr failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log::error(std::string("what the service manager is told has stopped: ") + error.what());
  }
}

}  // namespace

ServiceManager::ServiceManager(Services& services, const Options& options)
    : services_(services),
      options_(options),
      notification_(services.io, notify_socket(), services.keeper.keeper_pid(),
                    [](const std::string& problem) { log::warning(problem); }),
      heartbeat_(services.io, services.keeper, notification_) {}

void ServiceManager::begin() {
  if (!log::to_journal()) return;
  auto lines = log_jobs(services_.events, services_.events.last_sequence());
  asio::co_spawn(services_.io, std::move(lines), tell_failure);
}

void ServiceManager::ready(bool first) {
  if (first) tell_starter();
  if (options_.watchdog.count() > 0) heartbeat_.begin(options_.watchdog);
  if (!notification_.heard()) return;
  notification_.ready();
  auto status = keep_status(services_, notification_);
  asio::co_spawn(services_.io, std::move(status), tell_failure);
}

void ServiceManager::stopping() { notification_.stopping(options_.stop_timeout + kEndMargin); }

void ServiceManager::tell_starter() const {
  if (options_.ready_descriptor < 0) return;
  const UniqueFd ready(options_.ready_descriptor);
  constexpr std::string_view kReady = "ready\n";
  // Whoever waited may have gone; that is no reason to go too.
  if (::write(ready.get(), kReady.data(), kReady.size()) < 0)
    log::warning(errno_message("write to the ready descriptor", "", errno));
}

void find_delegation(const Options& options, const cgroup::Search& search) {
  if (options.no_scope || !systemd_is_there() || cgroup::in_delegated_cgroup()) return;
  const std::string problem = enter_scope({search.name, search.own_processes, options.stop_timeout + kEndMargin});
  if (!problem.empty())
    log::warning("systemd gives no scope (" + problem +
                 "): jobs run in cgroups that it may take for its own; start coppiced as a service with Delegate=yes");
}

bool leave_to_living(const StateInUse& problem) {
  if (notify_socket().empty()) return false;
  const auto keeper = find_living_keeper(problem.holder(), problem.file());
  if (!keeper || !name_main_process(*keeper)) return false;
  log::info("process " + std::to_string(*keeper) + " goes on as this service's main process: nothing is to be started");
  return true;
}

}  // namespace coppice::daemon
