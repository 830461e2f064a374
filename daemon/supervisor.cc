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
#include "daemon/bequest.h"
#include "daemon/chronicle.h"
#include "daemon/clone_probe.h"
#include "daemon/crash_point.h"
#include "daemon/errors.h"
#include "daemon/idleness.h"
#include "daemon/incidents.h"
#include "daemon/keeper_program.h"
#include "daemon/listeners.h"
#include "daemon/log.h"
#include "daemon/methods/methods.h"
#include "daemon/predecessor.h"
#include "daemon/program_check.h"
#include "daemon/recovery.h"
#include "daemon/register/register.h"
#include "daemon/reload.h"
#include "daemon/services.h"
#include "daemon/set_up_access.h"
#include "daemon/shortening.h"
#include "daemon/shutdown.h"
#include "daemon/state_directory.h"
#include "daemon/systemd/service.h"
#include "ipc/varlink/address.h"
#include "ipc/varlink/server.h"
#include "process/keeper/succession.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;

// What clients of a supervisor that died take to come back, and more.
constexpr auto kReturnBound = 120s;
// Answers that are on their way when the daemon ends.
constexpr auto kFarewellBound = 2s;
// What the kernel may take to close all that a dying keeper held.
constexpr auto kKeeperDeathBound = 5s;
// Between two tries to remove our own cgroup; each pause is twice the one before.
constexpr auto kFirstPause = 1ms;
constexpr auto kLongestPause = 512ms;

// What it was before.
rlimit raise_descriptor_limit() {
  rlimit before{};
  if (::getrlimit(RLIMIT_NOFILE, &before) != 0) return before;
  rlimit raised = before;
  raised.rlim_cur = raised.rlim_max;
  // With fewer descriptors there can be fewer jobs; each that does not fit is refused by itself.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &raised));
  return before;
}

class Supervisor {
 public:
  Supervisor(const Options& options, UniqueFd keeper, const rlimit& descriptor_limit)
      : options_(options),
        descriptor_limit_(descriptor_limit),
        keeper_(io_, std::move(keeper), [this] { keeper_lost(); }),
        handover_(keeper_.greet()),
        programs_(own_programs(keeper_.keeper_pid())),
        predecessor_(find_predecessor()),
        state_(options.state_directory, take(handover_.boxes[kDaemonBox], held::kLock)),
        hierarchy_(find_hierarchy()),
        output_(io_),
        journal_(io_, options.journal),
        names_(io_),
        events_(io_),
        book_(state_.book()),
        chronicle_(events_, &book_, log::error),
        history_(io_, history_settings(), history_listener(), [](const std::string& text) { log::warning(text); }),
        services_{io_,   hierarchy_, keeper_, output_, journal_,      names_, events_, chronicle_,
                  jobs_, history_,   ids_,    state_.jobs(), Notifier(io_)},
        shortening_(book_, services_),
        service_("Coppice", "coppiced", kVersion, "https://coppice.example"),
        server_(io_, service_),
        manager_(services_, options_),
        listeners_(server_, keeper_),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        idleness_(io_, server_, jobs_, [this] { end(0); }),
        reload_(services_, options_, options_.origin) {
    set_up_access(services_, options_, server_);
    services_.reload = &reload_;
    reload_.hooks({[this] { manager_.notification().reloading(); }, [this] { manager_.notification().ready(); }});
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
    cgroup::Search search;
    search.name = state_.fingerprint();
    search.own_processes = {::getpid(), keeper_.keeper_pid()};
    if (handover_.restarts == 0) find_delegation(options_, search);
    return cgroup::Hierarchy::find(search);
  }

  // Of a daemon that was told to leave its jobs; our own keeper has nothing then.
  std::unique_ptr<Predecessor> find_predecessor() {
    if (handover_.restarts > 0) return nullptr;
    auto found = Predecessor::await(io_, rescue_path(options_), options_.state_directory);
    if (found) handover_ = found->take(keeper_);
    return found;
  }

  // What was before this process: its jobs, its events, its sockets.
  asio::awaitable<void> recover() {
    crash_point("adopt.handed");
    keeper_.hold(kDaemonBox, held::kLock, state_.lock());
    Recovery recovery(book_, events_);
    manager_.begin();
    recovery.clear_up(handover_, services_);
    crash_point("adopt.replayed");
    services_.enter_pen_by_write = !co_await can_clone_into_pen(services_);
    if (services_.enter_pen_by_write)
      log::warning("this kernel kills what is born in a fresh cgroup: jobs enter theirs by writing cgroup.procs");
    co_await try_confinement(services_);
    if (const std::string& reason = services_.confinement.reason(); !reason.empty())
      log::warning("jobs that run as root may leave their cgroups, and are looked for when they end (" + reason +
                   "): give the daemon CAP_SYS_ADMIN");
    if (recovery.live() > 0) log::info("taking over " + std::to_string(recovery.live()) + " jobs");
    recovery.go_on(handover_, services_, log::warning);
    const bool taken_over = listeners_.take_over(handover_.boxes[kDaemonBox]);
    const bool activated = listeners_.open_activated();
    if ((!taken_over && !activated) || options_.sockets_given) listeners_.open(options_.sockets, options_.runtime_directory);
    if (predecessor_) predecessor_->dismiss();
    if (handover_.restarts > 0) services_.doubts_keys_until = std::chrono::steady_clock::now() + kReturnBound;
    if (recovery.shutdown()) finish_shutdown();
    handover_.boxes.clear();
    handover_.commands.clear();
  }

  History::Settings history_settings() const {
    History::Settings settings;
    settings.directory = state_.path();
    settings.bounds = options_.history;
    return settings;
  }

  History::Listener history_listener() {
    History::Listener listener;
    listener.settled = [this](const std::vector<std::string>& ids) {
      for (const auto& id : ids) jobs_.let_go(id);
    };
    listener.forgotten = [this](const std::vector<std::string>& ids) {
      for (const auto& id : ids) jobs_.forget(id);
    };
    return listener;
  }

  // What an earlier life left behind, in the background.
  void sweep_logs() {
    auto sweep = history_.sweep_orphaned_logs([this](const std::string& id) { return jobs_.find(id) != nullptr; });
    asio::co_spawn(io_, std::move(sweep), [](std::exception_ptr failure) {
      if (failure) log::warning("logs of jobs that nobody knows are not removed: the history cannot be read");
    });
  }

  asio::awaitable<void> live() {
    keeper_.listen();
    co_await recover();
    await_signal();
    log_incidents(server_);
    if (options_.idle_exit) idleness_.begin(*options_.idle_exit);
    keeper_.serving();
    crash_point("adopt.serving");
    manager_.ready(handover_.restarts == 0);
    sweep_logs();
    log::info("serving on " + listeners_.places() + ", jobs in " + hierarchy_.path());
    while (!ending_ && services_.parting == Parting::none) {
      co_await services_.settled.wait();
      shortening_.begin_if_due();
    }
    if (services_.parting == Parting::none) manager_.stopping();
    if (services_.parting == Parting::none && options_.leave_jobs && jobs_.live() > 0) co_await prepare_leaving();
    if (services_.parting != Parting::none) part();
    listeners_.close();
    auto ending = end_all_jobs(services_, options_.stop_timeout, kill_now_);
    const bool dying_left = !co_await std::move(ending);
    co_await say_farewell();
    // Their coroutines wait for what may never come, on objects that would be gone.
    if (dying_left) {
      static_cast<void>(keeper_.farewell(process::FarewellMode::end));
      ::_exit(1);
    }
    co_await remove_hierarchy();
    static_cast<void>(keeper_.farewell(process::FarewellMode::end));
  }

  asio::awaitable<void> prepare_leaving() {
    log::info("leaving " + std::to_string(jobs_.live()) + " jobs to the next daemon");
    listeners_.close();
    const StartsHeld held(services_);
    if (const auto hanging = co_await await_starts(services_))
      log::warning("job " + hanging->id() + " hangs in its start, and may be lost");
    server_.close_connections(shutting_down());
    services_.parting = Parting::leave;
  }

  // Jobs, and what is under way for them, are another's from here on.
  [[noreturn]] void part() {
    const bool upgrade = services_.parting == Parting::upgrade;
    static_cast<void>(keeper_.farewell(upgrade ? process::FarewellMode::upgrade : process::FarewellMode::leave));
    ::_exit(exit_code_);
  }

  void finish_shutdown() {
    if (handover_.restarts > 0) {
      // Killed before that was done.
      end(0);
    } else {
      chronicle_.note_shutdown(false);
    }
  }

  void await_signal() {
    signals_.async_wait([this](const std::error_code& error, int signo) {
      if (error) return;
      // Nobody's terminal: a private daemon outlives the one that it was started from.
      if (signo == SIGHUP) {
        reload_for_signal(services_);
      } else {
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
    chronicle_.note_shutdown(true);
    services_.shutting_down = true;
    services_.settled.notify_all();
  }

  asio::awaitable<void> say_farewell() {
    server_.drain();
    asio::steady_timer bound(io_, kFarewellBound);
    // Who waits on is told, so that nobody takes this for a crash and waits for us to come back.
    bound.async_wait([this](const std::error_code& error) {
      if (!error) server_.close_connections(shutting_down());
    });
    asio::steady_timer end(io_, 2 * kFarewellBound);
    end.async_wait([this](const std::error_code& error) {
      if (!error) server_.close_connections();
    });
    co_await server_.all_closed();
  }

  void keeper_lost() {
    output_.halt();
    journal_.halt();
    if (!keeper_.await_death(kKeeperDeathBound)) {
      log::error("the keeper has hung up, and lives: it is to start another supervisor");
      ::_exit(1);
    }
    log::error("the keeper is gone: its place is taken, and jobs go on");
    const process::OwnProgram keeper{programs_.keeper,
                                     keeper_words(options_, programs_.keeper, programs_.supervisor)};
    const Bequest bequest = make_bequest();
    const int error = process::execute_again(keeper, bequest.handover);
    log::error(errno_message("execute", programs_.keeper, error) +
               ": jobs go on without a keeper, and the next daemon on this state directory takes them over");
    ::_exit(1);
  }

  // All that the keeper held, as far as we have it too.
  Bequest make_bequest() {
    Bequest bequest;
    bequest.handover.last_key = keeper_.last_key();
    bequest.handover.restarts = handover_.restarts + 1;
    bequest.handover.descriptor_limit = descriptor_limit_;
    bequest.add(kDaemonBox, held::kLock, state_.lock());
    listeners_.bequeath(bequest);
    for (const auto& job : jobs_.live_in("")) job->bequeath(bequest);
    return bequest;
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

  Options options_;
  const rlimit descriptor_limit_;
  asio::io_context io_{1};
  KeeperClient keeper_;
  Handover handover_;
  const Programs programs_;
  std::unique_ptr<Predecessor> predecessor_;
  StateDirectory state_;
  cgroup::Hierarchy hierarchy_;
  Output output_;
  Journal journal_;
  NameService names_;
  EventHub events_;
  Register book_;
  Chronicle chronicle_;
  JobTable jobs_;
  History history_;
  JobIds ids_;
  Services services_;
  Shortening shortening_;
  varlink::Service service_;
  varlink::Server server_;
  ServiceManager manager_;
  Listeners listeners_;
  asio::signal_set signals_;
  Idleness idleness_;
  Reload reload_;
  bool ending_ = false;
  // Asked to end a second time.
  bool kill_now_ = false;
  int exit_code_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

int run_supervisor(const Options& options, UniqueFd keeper) {
  const rlimit descriptor_limit = raise_descriptor_limit();
  // A client that left must not take us along; jobs are the keeper's children and never inherit this.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Supervisor supervisor(options, std::move(keeper), descriptor_limit);
    return supervisor.run();
  } catch (const StateInUse& problem) {
    if (!leave_to_living(problem)) throw;
    return 0;
  }
}

}  // namespace coppice::daemon
