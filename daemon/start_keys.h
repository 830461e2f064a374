// The keys of starts that have no job yet: who comes with the same key waits for it, so that two calls with one key
// never make two jobs, however long the first takes to look up names. One thread.
#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "daemon/notifier.h"

namespace coppice::daemon {

class StartKeys {
  using Key = std::pair<uid_t, std::string>;
  using Taken = std::map<Key, std::shared_ptr<Notifier>>;

 public:
  StartKeys() : taken_(std::make_shared<Taken>()) {}

  // One caller's hold on its key; dropped when the job is in the table, or will never be. May outlive the StartKeys.
  class Hold {
   public:
    Hold(std::shared_ptr<Taken> taken, Key key) : taken_(std::move(taken)), key_(std::move(key)) {}
    Hold(Hold&&) = default;
    Hold& operator=(Hold&&) = delete;
    ~Hold();

   private:
    std::shared_ptr<Taken> taken_;
    Key key_;
  };

  // Waits as long as somebody else holds the key of this user; look into the table of jobs afterwards. Throws
  // operation_aborted when cancelled.
  asio::awaitable<Hold> take(asio::io_context& io, uid_t owner, std::string key);

 private:
  std::shared_ptr<Taken> taken_;
};

}  // namespace coppice::daemon
