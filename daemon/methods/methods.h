// The methods of io.coppice.Jobs. One file each, or one for those that are alike.
//
// Each is a handler: it reads its parameters (which fit the interface by then), checks that the peer may,
// asks jobs for what is wanted, waits, answers. No method acts on a job but through Job.
#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "daemon/services.h"
#include "ipc/varlink/call.h"
#include "ipc/varlink/service.h"

namespace coppice::daemon {

asio::awaitable<void> start(varlink::Call& call, Services& services);
asio::awaitable<void> run(varlink::Call& call, Services& services);
asio::awaitable<void> wait(varlink::Call& call, Services& services);
asio::awaitable<void> signal(varlink::Call& call, Services& services);
asio::awaitable<void> stop(varlink::Call& call, Services& services);
asio::awaitable<void> kill(varlink::Call& call, Services& services);
asio::awaitable<void> freeze(varlink::Call& call, Services& services);
asio::awaitable<void> thaw(varlink::Call& call, Services& services);
asio::awaitable<void> renew(varlink::Call& call, Services& services);
asio::awaitable<void> set_limits(varlink::Call& call, Services& services);
asio::awaitable<void> list(varlink::Call& call, Services& services);
asio::awaitable<void> history(varlink::Call& call, Services& services);
asio::awaitable<void> processes(varlink::Call& call, Services& services);
asio::awaitable<void> resize(varlink::Call& call, Services& services);
asio::awaitable<void> attach(varlink::Call& call, Services& services);
asio::awaitable<void> read_log(varlink::Call& call, Services& services);
asio::awaitable<void> open_log(varlink::Call& call, Services& services);
asio::awaitable<void> write_input(varlink::Call& call, Services& services);
asio::awaitable<void> set_slice(varlink::Call& call, Services& services);
asio::awaitable<void> list_slices(varlink::Call& call, Services& services);
asio::awaitable<void> subscribe(varlink::Call& call, Services& services);
asio::awaitable<void> explain(varlink::Call& call, Services& services);
asio::awaitable<void> reload(varlink::Call& call, Services& services);
asio::awaitable<void> upgrade(varlink::Call& call, Services& services);
asio::awaitable<void> remove(varlink::Call& call, Services& services);

// For what concerns the daemon itself. Throws io.coppice.Daemon.PermissionDenied, which says `who` may; the log has it
// either way.
void require_manager(const varlink::Call& call, Services& services, const std::string& who);

// Both outlive every server of `service`.
void register_methods(varlink::Service& service, Services& services);

}  // namespace coppice::daemon
