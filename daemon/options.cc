#include "daemon/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/version.h"
#include "config/places.h"

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

}  // namespace

Options parse_options(int argc, char** argv) {
  const config::Places places = config::default_places(::geteuid());
  Options options;
  options.state_directory = places.state_directory;
  options.runtime_directory = places.runtime_directory;
  std::int64_t idle_exit = 0;

  CLI::App app("Supervise jobs: start them in control groups, follow them, end whole trees.", "coppiced");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("coppiced ") + kVersion);
  app.add_option("--socket", options.sockets, "listen here; may be given more than once")
      ->type_name("ADDRESS")
      ->default_str(places.socket);
  app.add_option("--state", options.state_directory, "where logs are kept")
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
  app.add_flag("--private", options.is_private, "started by a client for its user");
  app.add_option("--keeper", options.keeper, "the keeper's program")->type_name("PATH");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw EarlyEnd{app.exit(error) == 0 ? 0 : 2};
  }
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

}  // namespace coppice::daemon
