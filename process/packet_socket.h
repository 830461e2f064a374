// Packets with descriptors over a SOCK_SEQPACKET socket.
//
// Received descriptors are close-on-exec from birth (S3); a peer that is gone raises no SIGPIPE; calls
// that a signal interrupts are made again (D6). Any thread; sends and receives of one packet are atomic.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::process {

enum class Blocking { no, yes };

// Sends one packet; the descriptors (at most kMaxPacketDescriptors) stay the caller's. Returns 0 or an
// errno: EAGAIN when there is no room (Blocking::no, or a non-blocking socket), EPIPE when the peer is
// gone, ETOOMANYREFS when too many descriptors are in flight.
int send_packet(int socket, std::span<const std::byte> packet, std::span<const int> descriptors,
                Blocking blocking);

enum class Receive {
  packet,       // one packet is in the buffer
  would_block,  // nothing to read now
  closed,       // the peer has hung up
  truncated,    // the packet, or (no descriptor was free here) its descriptors, did not fit; what came
                // of the descriptors is closed; size is 0 unless the bytes are whole
  failed,       // see error
};

struct Received {
  Receive kind = Receive::failed;
  int error = 0;         // for failed
  std::size_t size = 0;  // bytes in the buffer
};

// Receives one packet into `buffer`, and its descriptors into `descriptors` (emptied first).
Received receive_packet(int socket, std::span<std::byte> buffer,
                        std::vector<UniqueFd>& descriptors, Blocking blocking);

// Both ends of a connected pair, close-on-exec. Throws std::system_error.
std::pair<UniqueFd, UniqueFd> packet_pair();

}  // namespace coppice::process
