#include "daemon/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "base/version.h"
#include "config/places.h"
#include "daemon/program_check.h"

namespace coppice::daemon {
namespace {

constexpr char kFooter[] =
    "coppiced becomes its keeper, the parent of every job, and starts the supervisor that serves\n"
    "clients. SIGTERM and SIGINT end it: jobs are stopped by their policy, and nothing is left.\n"
    "Examples:\n"
    "  coppiced                                     as root: /run/coppice and /var/lib/coppice\n"
    "  coppiced --socket ./s --state ./state --runtime ./run    one to try things with";

std::string absolute(const std::string& path) { return std::filesystem::absolute(path); }

// "unix:@name" and "unix:/path" are taken as they are.
std::string absolute_address(const std::string& address) {
  return address.starts_with("unix:") || address.starts_with("@") ? address : absolute(address);
}

// Before an upgrade, the program that runs asks this of the one that is to follow.
int tell_reading(int version) {
  const bool reads = version == kStateVersion;
  std::printf("coppiced %s%s\n", kVersion, reads ? "" : " does not read a state of this version");
  return reads ? 0 : 1;
}

// Of ended jobs. More than anybody needs, and no sum of such numbers overflows.
constexpr std::int64_t kMostJobs = 1'000'000'000;
constexpr std::int64_t kMostSeconds = std::int64_t{100} * 366 * 86'400;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 60;

// `age` is left in seconds.
void add_history_options(CLI::App& app, HistoryBounds& bounds, std::int64_t& age) {
  const std::map<std::string, std::int64_t> seconds = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}};
  const std::map<std::string, std::int64_t> sizes = {
      {"K", std::int64_t{1} << 10}, {"M", std::int64_t{1} << 20}, {"G", std::int64_t{1} << 30}, {"T", std::int64_t{1} << 40}};
  const auto sensitive = CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE |
                                                        CLI::AsNumberWithUnit::UNIT_OPTIONAL);
  app.add_option("--history-max-jobs", bounds.jobs, "forget ended jobs, with their logs, beyond so many")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, kMostJobs))
      ->capture_default_str();
  app.add_option("--history-max-age", age, "that ended longer ago, in s, m, h or d")
      ->type_name("AGE")
      ->default_str("30d")
      ->transform(CLI::AsNumberWithUnit(seconds, sensitive, "AGE"))
      ->check(CLI::Range(std::int64_t{1}, kMostSeconds));
  app.add_option("--history-max-bytes", bounds.bytes, "that take more together, on the disk; K, M, G or T")
      ->type_name("SIZE")
      ->default_str("8G")
      ->transform(CLI::AsNumberWithUnit(sizes, sensitive, "SIZE"))
      ->check(CLI::Range(std::int64_t{0}, kMostBytes));
}

// Declares, then reads; with `look` only the former, as it is for root.
Options read_options(int argc, char** argv, const LookAtOptions& look) {
  const config::Places places = config::default_places(look ? 0 : ::geteuid());
  Options options;
  if (argc > 0) options.arguments.assign(argv + 1, argv + argc);
  options.state_directory = places.state_directory;
  options.runtime_directory = places.runtime_directory;
  std::int64_t idle_exit = 0;
  auto history_age = std::chrono::duration_cast<std::chrono::seconds>(options.history.age).count();

  CLI::App app("Supervise jobs: start them in control groups, follow them, end whole trees.", "coppiced");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("coppiced ") + kVersion);
  app.add_option("--socket", options.sockets, "listen here; may be given more than once")
      ->type_name("ADDRESS")
      ->default_str(places.socket);
  app.add_option("--state", options.state_directory, "where the history of jobs and their logs are kept")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--runtime", options.runtime_directory, "where the socket is by default")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--journal", options.journal, "the journal's socket, or that of one of its namespaces")
      ->type_name("SOCKET")
      ->capture_default_str();
  auto* idle = app.add_option("--idle-exit", idle_exit,
                              "end after so many ms without a live job and without a connection")
                   ->type_name("MS")
                   ->check(CLI::Range(std::int64_t{1}, std::int64_t{86'400'000}));
  app.add_option("--ready-fd", options.ready_descriptor,
                 "write \"ready\" and a newline to this descriptor once connections are accepted")
      ->type_name("N")
      ->check(CLI::Range(0, 1 << 20));
  add_history_options(app, options.history, history_age);
  app.add_flag("--private", options.is_private, "started by a client for its user");
  app.add_option("--keeper", options.keeper, "the keeper's program")->type_name("PATH");
  std::string at_shutdown = "stop";
  app.add_option("--at-shutdown", at_shutdown, "what becomes of jobs when the daemon ends: stop, or leave for the next one")
      ->check(CLI::IsMember({"stop", "leave"}))
      ->capture_default_str();
  std::int64_t stop_timeout = options.stop_timeout.count();
  app.add_option("--stop-timeout", stop_timeout,
                 "what stopping all jobs at the end may take, in ms, before they are killed; give the service manager 15 s more")
      ->type_name("MS")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{86'400'000}))
      ->capture_default_str();
  app.add_option("--restarts", options.restarts,
                 "deaths of the supervisor in a row, each soon after its start, after which it is not started again")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  std::int64_t restarts_within = options.restarts_within.count();
  app.add_option("--restarts-within", restarts_within, "how soon that is, in ms; a pause before the next start follows such a death")
      ->type_name("MS")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{86'400'000}))
      ->capture_default_str();
  app.add_flag("--rescue", options.rescue, "take over from a keeper that has given up starting its supervisor");
  int reads_state = 0;
  auto* reads = app.add_option("--reads-state", reads_state, "tell whether this program reads a state of that version")
                    ->type_name("VERSION");
  if (look) {
    look(app);
    return options;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw EarlyEnd{app.exit(error) == 0 ? 0 : 2};
  }
  if (*reads) throw EarlyEnd{tell_reading(reads_state)};
  options.leave_jobs = at_shutdown == "leave";
  options.restarts_within = std::chrono::milliseconds(restarts_within);
  options.stop_timeout = std::chrono::milliseconds(stop_timeout);
  options.history.age = std::chrono::seconds(history_age);
  if (*idle) options.idle_exit = std::chrono::milliseconds(idle_exit);
  options.state_directory = absolute(options.state_directory);
  options.runtime_directory = absolute(options.runtime_directory);
  options.journal = absolute(options.journal);
  if (options.sockets.empty()) {
    const bool elsewhere = options.runtime_directory != places.runtime_directory;
    options.sockets.push_back(elsewhere ? options.runtime_directory + "/socket" : places.socket);
  }
  for (auto& socket : options.sockets) socket = absolute_address(socket);
  return options;
}

}  // namespace

Options parse_options(int argc, char** argv) { return read_options(argc, argv, nullptr); }

void show_options(const LookAtOptions& look) { static_cast<void>(read_options(0, nullptr, look)); }

}  // namespace coppice::daemon
