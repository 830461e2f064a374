// The latest events as they are sent to subscribers: those that keep pace share one text of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ipc/varlink/call.h"

namespace coppice::daemon {

// One thread. Copies of what an event was encoded to are cheap.
class EventTexts {
 public:
  // Some 1 KiB each.
  static constexpr std::size_t kKept = 64;

  std::optional<varlink::SharedReply> find(std::uint64_t sequence) const {
    const Kept& kept = kept_[sequence % kKept];
    return kept.sequence == sequence ? kept.text : std::nullopt;
  }

  // In place of the one that is kKept events older.
  void keep(std::uint64_t sequence, varlink::SharedReply text) { kept_[sequence % kKept] = {sequence, std::move(text)}; }

 private:
  struct Kept {
    std::uint64_t sequence = 0;
    std::optional<varlink::SharedReply> text;
  };

  std::array<Kept, kKept> kept_;
};

}  // namespace coppice::daemon
