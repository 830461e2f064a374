// What is in a job's log, to standard output, piece by piece.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace coppice::cli {

class LogPrinter {
 public:
  // stamps: each line begins with the time when it was captured (iso_time); the call of ReadLog must be `timed` then.
  explicit LogPrinter(bool stamps) : stamps_(stamps) {}

  // A reply of ReadLog. Throws Trouble if it is not understood.
  void take(const nlohmann::json& reply);

  // The offset behind all that was printed: who lost the connection goes on there, with neither `since` nor `tail`.
  // Nothing was printed yet if it is negative.
  std::int64_t position() const { return position_; }

 private:
  bool stamps_;
  std::int64_t position_ = -1;
  bool in_line_ = false;
};

}  // namespace coppice::cli
