// How the supervisor goes while its jobs go on.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>

namespace coppice::daemon {

class Job;
struct Services;

enum class Parting {
  none,
  // Another takes its place at once.
  upgrade,
  // The next daemon on this state directory takes the jobs over.
  leave,
};

// While it lives no job is started: who asks for it waits, for another supervisor perhaps.
class StartsHeld {
 public:
  explicit StartsHeld(Services& services);
  // Unless the supervisor parts by now.
  ~StartsHeld();
  StartsHeld(const StartsHeld&) = delete;
  StartsHeld& operator=(const StartsHeld&) = delete;

 private:
  Services& services_;
};

// Until no job is in the middle of its start; one that is there still after some seconds hangs in the kernel, and is
// returned.
asio::awaitable<std::shared_ptr<Job>> await_starts(Services& services);

}  // namespace coppice::daemon
