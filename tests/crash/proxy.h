// Stands between clients and a daemon, and cuts connections. Passes bytes on, and no descriptors.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::crash {

class Proxy {
 public:
  // Listens at `path`, connects to `target`. Throws std::system_error.
  Proxy(const std::string& path, std::string target);
  // Cuts all.
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // Cuts one of the connections that there are, at whatever byte it has come to. False if there is none.
  bool cut(std::uint64_t choice);

 private:
  void accept_all();
  void serve(int number, UniqueFd client);

  const std::string target_;
  UniqueFd listener_;
  std::mutex lock_;
  // Borrowed, while their threads serve them.
  std::map<int, std::pair<int, int>> connections_;
  std::vector<std::thread> threads_;
  std::atomic<bool> over_ = false;
  std::thread acceptor_;
};

}  // namespace coppice::crash
