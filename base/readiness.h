// Whether an event that a reactor has told of is this descriptor's.
//
// Asio (1.22) hands the state of a closed descriptor to the next one that is opened; an event of the old one that was fetched
// in the same turn completes a wait on the new one. Who does not find out by a read or write asks here, and waits again.
#pragma once

namespace coppice {

// poll(2) without waiting: those of `events`, POLLHUP and POLLERR that hold now; 0 for none. Any thread.
short ready_events(int descriptor, short events);

}  // namespace coppice
