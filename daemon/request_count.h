// How many calls of each user are not answered yet (guarantee A4). One thread; outlives every Request.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

#include "daemon/settings/settings.h"

namespace coppice::daemon {

class RequestCount {
 public:
  // A call, for as long as this lives.
  class Request {
   public:
    // Throws Exhausted for one too many.
    Request(RequestCount& count, uid_t user, const Quotas& quotas);
    ~Request();
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

   private:
    RequestCount& count_;
    uid_t user_;
  };

 private:
  std::map<uid_t, std::int64_t> users_;
};

}  // namespace coppice::daemon
