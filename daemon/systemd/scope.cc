#include "daemon/systemd/scope.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBound(5);
constexpr char kService[] = "org.freedesktop.systemd1";
constexpr char kPath[] = "/org/freedesktop/systemd1";
constexpr char kManager[] = "org.freedesktop.systemd1.Manager";
constexpr char kExists[] = "org.freedesktop.systemd1.UnitExists";

struct Unref {
  void operator()(sd_bus* bus) const { ::sd_bus_flush_close_unref(bus); }
  void operator()(sd_bus_message* message) const { ::sd_bus_message_unref(message); }
};
using Bus = std::unique_ptr<sd_bus, Unref>;
using Message = std::unique_ptr<sd_bus_message, Unref>;

struct Error {
  Error() = default;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error() { ::sd_bus_error_free(&raw); }
  std::string text(int error) const { return raw.message ? raw.message : errno_message("ask systemd", "", -error); }

  sd_bus_error raw{};  // SD_BUS_ERROR_NULL, which is no C++
};

// Of the managers' own sockets, for hosts without a bus.
std::string private_address() {
  if (::geteuid() == 0) return "unix:path=/run/systemd/private";
  const char* const directory = std::getenv("XDG_RUNTIME_DIR");
  return directory ? std::string("unix:path=") + directory + "/systemd/private" : "";
}

Bus open_private() {
  const std::string address = private_address();
  sd_bus* raw = nullptr;
  if (address.empty() || ::sd_bus_new(&raw) < 0) return nullptr;
  Bus bus(raw);
  if (::sd_bus_set_address(raw, address.c_str()) < 0 || ::sd_bus_start(raw) < 0) return nullptr;
  return bus;
}

Bus open_bus(int& error) {
  sd_bus* raw = nullptr;
  error = ::geteuid() == 0 ? ::sd_bus_open_system(&raw) : ::sd_bus_open_user(&raw);
  if (error >= 0) return Bus(raw);
  return open_private();
}

// Which of our jobs with the manager has ended, and how.
struct Wait {
  std::string job;
  std::string result;
};

int job_removed(sd_bus_message* message, void* data, sd_bus_error*) {
  auto& wait = *static_cast<Wait*>(data);
  const char* job = nullptr;
  const char* result = nullptr;
  if (::sd_bus_message_read(message, "uoss", nullptr, &job, nullptr, &result) >= 0 && wait.job == job) wait.result = result;
  return 0;
}

int append_properties(sd_bus_message* message, const ScopeRequest& request) {
  const auto stop = static_cast<std::uint64_t>(std::chrono::microseconds(request.stop_bound).count());
  int error = ::sd_bus_message_open_container(message, 'a', "(sv)");
  const auto add = [&](const char* name, const char* type, auto value) {
    if (error >= 0) error = ::sd_bus_message_append(message, "(sv)", name, type, value);
  };
  add("Description", "s", "Coppice, and its jobs");
  add("Delegate", "b", 1);
  add("CollectMode", "s", "inactive-or-failed");
  add("TimeoutStopUSec", "t", stop);
  if (error >= 0) error = ::sd_bus_message_open_container(message, 'r', "sv");
  if (error >= 0) error = ::sd_bus_message_append(message, "s", "PIDs");
  if (error >= 0) error = ::sd_bus_message_open_container(message, 'v', "au");
  if (error >= 0) error = ::sd_bus_message_open_container(message, 'a', "u");
  for (const pid_t pid : request.processes)
    if (error >= 0) error = ::sd_bus_message_append(message, "u", static_cast<std::uint32_t>(pid));
  for (int open = 0; open < 4; ++open)
    if (error >= 0) error = ::sd_bus_message_close_container(message);
  return error;
}

// Without a second job beside it.
int fill(sd_bus_message* message, const std::string& unit, const ScopeRequest& request) {
  int error = ::sd_bus_message_append(message, "ss", unit.c_str(), "fail");
  if (error >= 0) error = append_properties(message, request);
  return error < 0 ? error : ::sd_bus_message_append(message, "a(sa(sv))", 0);
}

std::uint64_t microseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::microseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<std::uint64_t>(left) : 0;
}

std::string await_job(sd_bus* bus, const Wait& wait, Clock::time_point deadline) {
  while (wait.result.empty()) {
    const int done = ::sd_bus_process(bus, nullptr);
    if (done < 0) return errno_message("hear from systemd", "", -done);
    if (done > 0) continue;
    const std::uint64_t left = microseconds_until(deadline);
    if (left == 0) return "systemd does not answer";
    static_cast<void>(::sd_bus_wait(bus, left));  // sd_bus_process tells
  }
  return wait.result == "done" ? "" : "the start of the scope ended as \"" + wait.result + "\"";
}

// Empty, or what went wrong; `exists` if it was that.
std::string start_scope(sd_bus* bus, const std::string& unit, const ScopeRequest& request, Clock::time_point deadline,
                        bool& exists) {
  Wait wait;
  sd_bus_slot* slot = nullptr;
  int error = ::sd_bus_match_signal(bus, &slot, kService, kPath, kManager, "JobRemoved", job_removed, &wait);
  const std::unique_ptr<sd_bus_slot, sd_bus_slot* (*)(sd_bus_slot*)> held(slot, ::sd_bus_slot_unref);
  Error problem;
  sd_bus_message* raw = nullptr;
  if (error >= 0) error = ::sd_bus_message_new_method_call(bus, &raw, kService, kPath, kManager, "StartTransientUnit");
  const Message call(raw);
  if (error >= 0) error = fill(raw, unit, request);
  raw = nullptr;
  if (error >= 0) error = ::sd_bus_call(bus, call.get(), microseconds_until(deadline), &problem.raw, &raw);
  const Message reply(raw);
  const char* job = nullptr;
  if (error >= 0) error = ::sd_bus_message_read(raw, "o", &job);
  exists = ::sd_bus_error_has_name(&problem.raw, kExists) > 0;
  if (error < 0) return problem.text(error);
  wait.job = job;
  return await_job(bus, wait, deadline);
}

}  // namespace

bool systemd_is_there() { return ::sd_booted() > 0; }

std::string enter_scope(const ScopeRequest& request) {
  const auto deadline = Clock::now() + kBound;
  int error = 0;
  const Bus bus = open_bus(error);
  if (!bus) return errno_message("open the bus to systemd", "", -error);
  bool exists = false;
  const std::string name = "coppice-" + request.name;
  std::string problem = start_scope(bus.get(), name + ".scope", request, deadline, exists);
  // Jobs that an earlier daemon has left are in it.
  if (exists)
    problem = start_scope(bus.get(), name + "-" + std::to_string(::getpid()) + ".scope", request, deadline, exists);
  return problem;
}

}  // namespace coppice::daemon
