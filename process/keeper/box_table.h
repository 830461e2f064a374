// The descriptors that the keeper holds for its supervisors.
//
// Any thread. Requests of one line are carried out in the order of their numbers, whatever threads read them: one whose
// predecessor is in another thread's hands waits here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "base/unique_fd.h"
#include "process/keeper/handover.h"
#include "process/keeper_protocol.h"

namespace coppice::process {

class BoxTable {
 public:
  // False when the number breaks the protocol: used before, or too far ahead.
  bool hold(const Hold& request, std::vector<UniqueFd> descriptors);
  bool drop(const Drop& request);
  // A Hold whose descriptors could not be received: nothing is held, and those after it go on.
  bool skip(std::uint32_t number);

  // Numbers begin at 1 again.
  void begin_line();

  // Calls for each packet of a hand-over, until one call answers false. The descriptors are borrowed for the call.
  // Requests wait meanwhile.
  void hand_over(const std::function<bool(const Held&, std::span<const int>)>& tell) const;

  // For another keeper to go on with; the descriptors are borrowed. And the way back, with ownership.
  std::vector<KeptDescriptor> keep() const;
  void restore(const KeptDescriptor& kept);

  bool empty() const;

 private:
  using Contents = std::map<Tag, UniqueFd>;
  struct Change {
    Box box = 0;
    std::vector<Tag> tags;  // to hold; none for a drop
    std::vector<UniqueFd> descriptors;
    Tag dropped = 0;
    bool skipped = false;
  };

  bool submit(std::uint32_t number, Change change);
  void carry_out(Change change, std::vector<UniqueFd>& closed);

  mutable std::mutex mutex_;
  std::map<Box, Contents> boxes_;
  std::uint32_t next_ = 1;
  std::map<std::uint32_t, Change> early_;
};

}  // namespace coppice::process
