// Opening and reading a log on the reading thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <asio/awaitable.hpp>

#include "base/unique_fd.h"
#include "daemon/output/output.h"

namespace coppice::daemon {

// Opens a log read-only, close-on-exec, as a file description of its own. Throws std::system_error.
asio::awaitable<UniqueFd> open_log(Output& output, std::string path);

// Up to `max` bytes at `offset`: from the page cache at once, else by the reading thread. `fd` is
// borrowed until this returns or throws; when cancelled the read goes on with a duplicate of its own.
// `path` is for messages. Throws std::system_error.
asio::awaitable<std::string> read_log(Output& output, int fd, std::string path,
                                      std::uint64_t offset, std::size_t max);

}  // namespace coppice::daemon
