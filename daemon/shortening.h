// Keeps the register short: records again all that counts, and then drops what is older.
#pragma once

#include <asio/awaitable.hpp>

#include "daemon/register/register.h"
#include "daemon/services.h"

namespace coppice::daemon {

class Shortening {
 public:
  Shortening(Register& book, Services& services) : book_(book), services_(services) {}

  // Begins if the register is crowded and no other is under way. By itself: a history whose disk takes nothing must
  // not hold up whoever calls this.
  void begin_if_due();

 private:
  asio::awaitable<void> shorten();

  Register& book_;
  Services& services_;
  bool under_way_ = false;
};

}  // namespace coppice::daemon
