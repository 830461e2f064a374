// Things that happened on the server's thread, for a test to wait for.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace coppice::varlink {

class Events {
 public:
  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  // Whether something that begins with `event` has happened so many times within a generous time.
  bool wait_for(const std::string& event, std::size_t times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return count_locked(event) >= times; });
  }

  std::size_t count(const std::string& event) {
    const std::lock_guard lock(mutex_);
    return count_locked(event);
  }

 private:
  std::size_t count_locked(const std::string& event) const {
    return static_cast<std::size_t>(std::count_if(
        events_.begin(), events_.end(), [&](const std::string& one) { return one.rfind(event, 0) == 0; }));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

}  // namespace coppice::varlink
