// An address in the kernel's form.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "ipc/varlink/address.h"

namespace coppice::varlink {

// The length to give with `result`. Throws std::invalid_argument for a name that does not fit.
socklen_t socket_address(const Address& address, sockaddr_un& result);

}  // namespace coppice::varlink
