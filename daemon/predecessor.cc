#include "daemon/predecessor.h"

#include <system_error>
#include <utility>
#include <vector>

#include "process/rescue_socket.h"

namespace coppice::daemon {

std::unique_ptr<Predecessor> Predecessor::find(asio::io_context& io, const std::string& path) {
  try {
    return std::make_unique<Predecessor>(io, process::connect_resting_keeper(path));
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory || error.code() == std::errc::connection_refused)
      return nullptr;
    throw;
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
