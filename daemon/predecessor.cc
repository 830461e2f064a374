#include "daemon/predecessor.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/state_directory.h"
#include "daemon/state_watch.h"
#include "process/rescue_socket.h"

namespace coppice::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// From the end of a keeper's supervisor to its rest, or to its own end.
constexpr milliseconds kRestBound{1000};
// The first look after one that no event asked for; each is twice as far from the next. A lock is given up a moment after its file
// is said to be closed, and a socket is bound a moment before it listens.
constexpr milliseconds kFirstLook{1};

}  // namespace

std::unique_ptr<Predecessor> Predecessor::find(asio::io_context& io, const std::string& path) {
  try {
    return std::make_unique<Predecessor>(io, process::connect_resting_keeper(path));
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory || error.code() == std::errc::connection_refused)
      return nullptr;
    throw;
  }
}

std::unique_ptr<Predecessor> Predecessor::await(asio::io_context& io, const std::string& path,
                                                const std::string& state_directory) {
  if (auto found = find(io, path)) return found;
  if (!StateDirectory::in_use(state_directory)) return nullptr;
  const StateWatch watch(state_directory);
  const auto deadline = steady_clock::now() + kRestBound;
  for (milliseconds look = kFirstLook;; look = std::min(2 * look, kRestBound)) {
    if (auto found = find(io, path)) return found;
    if (steady_clock::now() >= deadline || !StateDirectory::in_use(state_directory)) return nullptr;
    watch.wait(look);
  }
}

Predecessor::Predecessor(asio::io_context& io, UniqueFd line)
    : keeper_(io, std::move(line), [] {}), handover_(keeper_.greet()) {}

Handover Predecessor::take(KeeperClient& keeper) {
  Handover taken;
  taken.boxes = std::move(handover_.boxes);
  for (const auto& [box, held] : taken.boxes)
    for (const auto& [tag, descriptor] : held) keeper.hold(box, tag, descriptor.get());
  for (const auto& [key, command] : handover_.commands)
    if (command.phase == CommandState::Phase::exited || command.phase == CommandState::Phase::failed)
      taken.commands.emplace(key, command);
  return taken;
}

void Predecessor::dismiss() {
  // What is forgotten is not killed at its end.
  for (const auto& [key, command] : handover_.commands) keeper_.forget_handed(key);
  static_cast<void>(keeper_.farewell(process::FarewellMode::end));
}

}  // namespace coppice::daemon
