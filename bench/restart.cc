// The adoption of jobs by the next supervisor.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/errno_text.h"
#include "bench/calls.h"
#include "bench/cores.h"
#include "bench/daemon_process.h"
#include "bench/floor/receipts.h"
#include "bench/load.h"
#include "bench/room.h"
#include "bench/topics.h"
#include "bench/wire.h"

namespace coppice::bench {
namespace {

using nlohmann::json;

// The last that was started: a daemon that knows it and says that it runs has adopted it.
constexpr char kLast[] = "last";

std::string list_last() {
  json parameters;
  parameters["job"]["name"] = kLast;
  return call_text("List", parameters);
}

void kill_supervisor(const DaemonProcess& daemon) {
  const pid_t pid = daemon.supervisor();
  const UniqueFd pidfd(pid < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) throw std::runtime_error("no supervisor to kill");
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) != 0)
    throw errno_error("pidfd_send_signal", "", errno);
}

// A connection may be accepted and lost with a supervisor that dies: then it is asked again.
std::optional<std::string> ask(const DaemonProcess& daemon, const std::string& call) {
  try {
    Wire wire(daemon.socket());
    return std::string(wire.exchange(call));
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

Micros restart(const DaemonProcess& daemon) {
  const std::string call = list_last();
  const auto before = Clock::now();
  kill_supervisor(daemon);
  for (;;) {
    const std::optional<std::string> answer = ask(daemon, call);
    if (Clock::now() - before > std::chrono::minutes(2)) throw std::runtime_error("no answer after a restart");
    if (!answer) continue;
    const Micros time = Clock::now() - before;
    if (answer->find(kStarted) == std::string::npos) throw std::runtime_error("after a restart: " + *answer);
    return time;
  }
}

int count_running(const DaemonProcess& daemon) {
  json parameters;
  parameters["slice"] = "bench";
  parameters["states"] = json::array({"running"});
  Wire wire(daemon.socket());
  wire.send(call_text("List", parameters, true));
  for (int count = 1;; ++count)
    if (wire.receive().find("\"continues\":true") == std::string_view::npos) return count;
}

// Of each restart.
struct Adoption {
  Series api;
  Series floor;
  // Until the first answer.
  Series supervisor;
  Series keeper;
};

// What the jobs that are adopted write to.
struct Kind {
  const char* output;
  const char* name;
  const char* what;
  long descriptors;
};

constexpr std::array kKinds = {
    Kind{"log", "", " jobs with a log", kWithLog},
    Kind{"null", "null.", " jobs without a log", kWithoutLog},
};

void tell(const Run& run, const Kind& kind, int jobs, const Adoption& adoption) {
  const auto& [api, floor, supervisor, keeper] = adoption;
  const std::string label = std::to_string(jobs);
  const std::string name = kind.name + label;
  const std::string those = label + kind.what;
  Aim aim;
  aim.topic = "restart";
  aim.what = "seconds from kill -9 of the supervisor with " + those + " to the first answer (median)";
  aim.value = api.median().count() / 1e6;
  aim.aim = 1;
  run.document.add(aim);
  Row answered = row_of("restart", name + ".api", "kill -9 → first answer, " + those, "ms", api);
  answered.note = "÷ bare receipts: " + fixed(over(api.median(), floor.median()));
  run.document.add(answered);
  run.document.add(row_of("restart", name + ".floor", label + " bare receipts of a descriptor", "ms", floor));
  run.document.add(row_of("restart", name + ".cpu.supervisor", "CPU of the new supervisor until then, " + those, "ms",
                          supervisor));
  run.document.add(row_of("restart", name + ".cpu.keeper", "CPU of the keeper until then, " + those, "ms", keeper));
}

double measure_adoption(const Run& run, const Kind& kind, int jobs) {
  say("adoption of " + std::to_string(jobs) + kind.what);
  // Deaths that follow each other soon are no reason to pause here.
  const DaemonProcess daemon(run.options.coppiced, allowed_cores(), {"--restarts-within", "0"});
  start_idle(daemon, run.options.tiny, kind.output, jobs - 1);
  const json last = spec_of({run.options.tiny, "wait"}, kind.output, "bench", kLast);
  make_calls(daemon, start_call(last), kStarted, 1, 1);
  Adoption adoption;
  for (int i = 0; i < run.amounts.restarts; ++i) {
    adoption.floor.each.push_back(receive_descriptors(jobs));
    const auto keeper = use_of(daemon.keeper());
    adoption.api.each.push_back(restart(daemon));
    adoption.supervisor.each.push_back(Micros(running_micros(use_of(daemon.supervisor()))));
    adoption.keeper.each.push_back(Micros(running_micros(difference(use_of(daemon.keeper()), keeper))));
    const int running = count_running(daemon);
    if (running != jobs) throw std::runtime_error("only " + std::to_string(running) + " were adopted");
  }
  tell(run, kind, jobs, adoption);
  kill_idle(daemon);
  return adoption.api.median().count() / 1e3;
}

}  // namespace

void measure_restart(const Run& run) {
  for (const Kind& kind : kKinds) {
    Line line{"restart", std::string("adoption of") + kind.what, "live jobs", "ms", {}};
    const Levels levels = within_room(run.amounts.adopted, kind.descriptors);
    if (!levels.stopped.empty())
      run.document.add(unmeasured("restart", std::string("seconds to the first answer,") + kind.what, 1, levels.stopped));
    for (const int jobs : levels.jobs) line.points.emplace_back(jobs, measure_adoption(run, kind, jobs));
    run.document.add(line);
  }
}

}  // namespace coppice::bench
