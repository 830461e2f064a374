#include "daemon/supervisor.h"

#include <sys/resource.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/errno_text.h"
#include "base/version.h"
#include "config/places.h"
#include "daemon/alarm.h"
#include "daemon/clone_probe.h"
#include "daemon/log.h"
#include "daemon/methods/methods.h"
#include "daemon/services.h"
#include "daemon/state_directory.h"
#include "daemon/stop_policy.h"
#include "ipc/varlink/address.h"
#include "ipc/varlink/server.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;

// What stopping all jobs may take at the end, whatever grace they ask for; then they are killed.
constexpr auto kShutdownBound = 30s;
// What a kill may take after that: only uninterruptible sleep takes longer.
constexpr auto kKillBound = 10s;
// Answers that are on their way when the daemon ends.
constexpr auto kFarewellBound = 2s;
// Between two tries to remove our own cgroup; each pause is twice the one before.
constexpr auto kFirstPause = 1ms;
constexpr auto kLongestPause = 512ms;

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // With fewer descriptors there can be fewer jobs; each that does not fit is refused by itself.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

class Supervisor {
 public:
  Supervisor(const Options& options, UniqueFd keeper)
      : options_(options),
        state_(options.state_directory),
        keeper_(io_, std::move(keeper), [this] { keeper_lost(); }),
        hierarchy_(find_hierarchy()),
        output_(io_),
        journal_(io_, options.journal),
        names_(io_),
        events_(io_),
        services_{io_,   hierarchy_, keeper_,       output_, journal_, names_,      events_,
                  jobs_, ids_,       state_.jobs(), false,   false,    Notifier(io_)},
        service_("Coppice", "coppiced", kVersion, "https://coppice.example"),
        server_(io_, service_),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        idle_(io_) {
    register_methods(service_, services_);
  }

  int run() {
    auto life = live();
    asio::co_spawn(io_, std::move(life), [this](std::exception_ptr failure) {
      failure_ = failure;
      io_.stop();
    });
    while (!run_loop()) {
    }
    if (failure_) std::rethrow_exception(failure_);
    return exit_code_;
  }

 private:
  // No request may end the daemon: what escapes a handler is said, and the loop goes on.
  bool run_loop() {
    try {
      io_.run();
      return true;
    } catch (const std::exception& error) {
      log::error(std::string("a handler failed: ") + error.what());
      return false;
    }
  }

  cgroup::Hierarchy find_hierarchy() {
    keeper_.greet();
    cgroup::Search search;
    search.name = state_.fingerprint();
    search.own_processes = {::getpid(), keeper_.keeper_pid()};
    auto hierarchy = cgroup::Hierarchy::find(search);
    // The state directory is locked: whoever made what is there is gone.
    if (!hierarchy.clear()) log::warning("processes of an earlier daemon could not be killed yet");
    return hierarchy;
  }

  asio::awaitable<void> live() {
    keeper_.listen();
    services_.enter_pen_by_write = !co_await can_clone_into_pen(services_);
    if (services_.enter_pen_by_write)
      log::warning("this kernel kills what is born in a fresh cgroup: jobs enter theirs by writing cgroup.procs");
    listen();
    await_signal();
    watch_idleness();
    tell_ready();
    log::info("serving on " + options_.sockets.front() + ", jobs in " + hierarchy_.path());
    while (!ending_) co_await services_.settled.wait();
    co_await end_jobs();
    co_await say_farewell();
    // Their coroutines wait for what may never come, on objects that would be gone.
    if (dying_left_) ::_exit(1);
    co_await remove_hierarchy();
  }

  void listen() {
    for (auto& activated : varlink::activated_sockets()) {
      if (activated.listening) {
        server_.listen(std::move(activated.socket));
      } else {
        server_.serve(std::move(activated.socket));
      }
      is_activated_ = true;
    }
    if (is_activated_) return;
    config::make_private_directory(options_.runtime_directory);
    for (const auto& text : options_.sockets) {
      const varlink::Address address = varlink::parse_address(text);
      varlink::Listening listening = varlink::listen_unix(address, 0600);
      socket_files_.push_back(std::move(listening.file));
      server_.listen(std::move(listening.socket));
    }
  }

  void tell_ready() {
    if (options_.ready_descriptor < 0) return;
    const UniqueFd ready(options_.ready_descriptor);
    constexpr std::string_view kReady = "ready\n";
    // Whoever waited may have gone; that is no reason to go too.
    if (::write(ready.get(), kReady.data(), kReady.size()) < 0)
      log::warning(errno_message("write to the ready descriptor", "", errno));
  }

  void await_signal() {
    signals_.async_wait([this](const std::error_code& error, int signo) {
      if (error) return;
      // Nobody's terminal: a private daemon outlives the one that it was started from.
      if (signo != SIGHUP) {
        kill_now_ = ending_;
        services_.settled.notify_all();
        end(0);
      }
      await_signal();
    });
  }

  void end(int code) {
    if (ending_) return;
    ending_ = true;
    exit_code_ = code;
    services_.shutting_down = true;
    services_.settled.notify_all();
  }

  void kill_all() {
    for (const auto& job : jobs_.live_in("")) job->request_kill(EndCause::shutdown);
  }

  asio::awaitable<void> end_jobs() {
    server_.close_listeners();
    socket_files_.clear();
    if (jobs_.live() > 0) log::info("stopping " + std::to_string(jobs_.live()) + " jobs");
    for (const auto& job : jobs_.live_in(""))
      job->request_stop(stop_request(job->spec(), {}, EndCause::shutdown));
    Alarm bound(io_, services_.settled);
    bound.set(kShutdownBound);
    bool killed = false;
    while (jobs_.live() > 0) {
      if (bound.gone_off() && killed) co_return leave_the_dying();
      if ((bound.gone_off() || kill_now_) && !std::exchange(killed, true)) {
        kill_all();
        bound.set(kKillBound);
      }
      co_await services_.settled.wait();
    }
  }

  // What sleeps in the kernel for good ends when the kernel lets it: killed it is.
  void leave_the_dying() {
    for (const auto& job : jobs_.live_in(""))
      for (const auto& process : job->receipt().stuck())
        log::error("job " + job->id() + ": process " + std::to_string(process.pid) + " (" +
                   process.command_line.front() + ") cannot die, it waits in " +
                   process.wait_channel.value_or("the kernel"));
    dying_left_ = true;
  }

  asio::awaitable<void> say_farewell() {
    server_.drain();
    asio::steady_timer bound(io_, kFarewellBound);
    bound.async_wait([this](const std::error_code& error) {
      if (!error) server_.close_connections();
    });
    co_await server_.all_closed();
  }

  void keeper_lost() {
    log::error("the keeper is gone: ending every job");
    hierarchy_.clear();
    hierarchy_.remove();
    ::_exit(1);
  }

  // What has just been emptied may be busy for a moment more (cgroup2, rmdir).
  asio::awaitable<void> remove_hierarchy() {
    for (auto pause = kFirstPause; !hierarchy_.remove(); pause *= 2) {
      if (pause > kLongestPause) {
        log::warning("cgroup " + hierarchy_.path() + " could not be removed");
        co_return;
      }
      asio::steady_timer timer(io_, pause);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  void watch_idleness() {
    if (!options_.idle_exit) return;
    server_.on_connections([this](std::size_t) { check_idleness(); });
    check_idleness();
  }

  void check_idleness() {
    idle_.cancel();
    if (ending_ || server_.connections() > 0) return;
    idle_.expires_after(*options_.idle_exit);
    idle_.async_wait([this](const std::error_code& error) {
      if (error || server_.connections() > 0) return;
      if (jobs_.live() == 0) {
        end(0);
      } else {
        check_idleness();
      }
    });
  }

  const Options& options_;
  asio::io_context io_{1};
  StateDirectory state_;
  KeeperClient keeper_;
  cgroup::Hierarchy hierarchy_;
  Output output_;
  Journal journal_;
  NameService names_;
  EventHub events_;
  JobTable jobs_;
  JobIds ids_;
  Services services_;
  varlink::Service service_;
  varlink::Server server_;
  asio::signal_set signals_;
  asio::steady_timer idle_;
  std::vector<varlink::SocketFile> socket_files_;
  bool is_activated_ = false;
  bool ending_ = false;
  // Asked to end a second time.
  bool kill_now_ = false;
  bool dying_left_ = false;
  int exit_code_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

int run_supervisor(const Options& options, UniqueFd keeper) {
  raise_descriptor_limit();
  // A client that left must not take us along; jobs are the keeper's children and never inherit this.
  std::signal(SIGPIPE, SIG_IGN);
  Supervisor supervisor(options, std::move(keeper));
  return supervisor.run();
}

}  // namespace coppice::daemon
