// The end of a process tree: freeze, list, kill, wait until empty.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cgroup/pen.h"
#include "cgroup/strays.h"
#include "daemon/keeper_client.h"
#include "daemon/notifier.h"
#include "process/info/process_info.h"

namespace coppice::daemon {

// A member that has outlived SIGKILL.
struct StuckProcess {
  // Read without its command line, which might block: `[comm]`.
  process::ProcessInfo info;
  // The kernel function in which it waits.
  std::string wait_channel;
};

// What the end of a tree needs of its surroundings.
struct TreeEndContext {
  asio::io_context& io;
  KeeperClient& keeper;
  // Where the coroutine may be woken; others may notify it too.
  Notifier& wake;
  // How to find those that a privileged job carried out of its pen; nothing for one that cannot.
  std::optional<cgroup::Mark> mark;
  // Whether the keeper will tell of a main process that has not ended: until then the tree is not empty.
  std::function<bool()> main_lives;
  // Called with what was found, before any of it is killed.
  std::function<void(std::vector<process::ProcessInfo>)> found;
  // Called when the end takes long, for whatever reason: others need not wait for it.
  std::function<void()> takes_long;
  // Called when the tree has outlived SIGKILL for a while, again while that lasts, and with none at its end.
  std::function<void(std::vector<StuckProcess>)> stuck;
};

// Returns once the pen is empty and no stray is left, however long that takes; a tree in
// uninterruptible sleep ends when the kernel lets it. The pen is not removed.
asio::awaitable<void> end_tree(cgroup::Pen& pen, TreeEndContext context);

// Waits until `group` is frozen, or `bound` has passed: false then.
asio::awaitable<bool> wait_frozen(asio::io_context& io, cgroup::Group& group,
                                  std::chrono::milliseconds bound);

}  // namespace coppice::daemon
