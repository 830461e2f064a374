#include "process/keeper/line.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "process/packet_socket.h"

namespace coppice::process {
namespace {

// Between two tries while too many descriptors are in flight.
constexpr int kRetryPause = 1;  // ms

// The kernel has no event for "descriptors have been received": looks again soon, or at once if the peer leaves.
void await_fewer_in_flight(int socket) {
  pollfd hang_up{socket, 0, 0};
  static_cast<void>(::poll(&hang_up, 1, kRetryPause));
}

}  // namespace

bool Line::tell(const Report& report, std::span<const int> descriptors) {
  const Packet packet = encode(report);
  while (true) {
    const int error = send_packet(socket_.get(), packet.view(), descriptors, Blocking::yes);
    if (error != ETOOMANYREFS) return error == 0;
    await_fewer_in_flight(socket_.get());
  }
}

void Line::send(const Report& report) {
  // A supervisor that is gone needs no answer; its end is noticed by the loop.
  if (greeted_) static_cast<void>(tell(report));
}

void Line::hint(const Report& report) {
  if (greeted_) static_cast<void>(send_packet(socket_.get(), encode(report).view(), {}, Blocking::no));
}

void Line::hang_up() {
  // Fails when it has been hung up already.
  static_cast<void>(::shutdown(socket_.get(), SHUT_RDWR));
}

void Line::replace(UniqueFd socket) {
  greeted_ = false;
  serving_ = false;
  farewell_ = 0;
  alive_ = 0;
  ++restarts_;
  // Both are open: this cannot fail.
  static_cast<void>(::dup3(socket.get(), socket_.get(), O_CLOEXEC));
}

std::optional<FarewellMode> Line::farewell() const {
  const std::uint32_t mode = farewell_;
  if (mode == 0) return std::nullopt;
  return static_cast<FarewellMode>(mode);
}

}  // namespace coppice::process
