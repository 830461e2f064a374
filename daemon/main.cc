// coppiced: first the command line, then the keeper, which starts this program again as supervisor.
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>

#include "base/unique_fd.h"
#include "daemon/keeper_program.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/supervisor.h"
#include "daemon/systemd/environment.h"
#include "process/rescue_socket.h"

namespace {

// How the keeper tells its supervisor where the line to it is.
constexpr char kKeeperVariable[] = "COPPICE_KEEPER_FD";

std::optional<int> keeper_descriptor() {
  const char* text = std::getenv(kKeeperVariable);
  if (!text) return std::nullopt;
  int descriptor = -1;
  const auto end = text + std::strlen(text);
  const auto parsed = std::from_chars(text, end, descriptor);
  if (parsed.ec != std::errc() || parsed.ptr != end || descriptor < 3) return std::nullopt;
  return descriptor;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace coppice;
  try {
    daemon::Options options = daemon::parse_options(argc, argv);
    daemon::log::open(options.journal);
    for (const std::string& remark : options.remarks) daemon::log::error(remark);
    const auto keeper = keeper_descriptor();
    if (!keeper && !options.rescue) {
      if (options.watchdog.count() == 0) options.watchdog = daemon::asked_patience();
      daemon::become_keeper(options);
    }
    // It is the keeper's to say, which may be one that does not know of it.
    options.watchdog = daemon::keeper_patience();
    if (!keeper) return daemon::run_supervisor(options, process::connect_resting_keeper(daemon::rescue_path(options)));
    ::unsetenv(kKeeperVariable);
    return daemon::run_supervisor(options, UniqueFd(*keeper));
  } catch (const daemon::EarlyEnd& end) {
    return end.code;
  } catch (const std::exception& error) {
    daemon::log::error(error.what());
    return 1;
  }
}
