// What the keeper holds for a job in its box, by tag, so that it outlives the supervisor.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "process/keeper_protocol.h"

namespace coppice::daemon {

// The numbers are part of what an older version of this program may have left with the keeper: never changed.
namespace held {
inline constexpr process::Tag kOutput = 1;         // read ends of the pipes of what is captured
inline constexpr process::Tag kError = 2;
inline constexpr process::Tag kJournalOutput = 3;  // of what goes to the journal
inline constexpr process::Tag kJournalError = 4;
inline constexpr process::Tag kTerminal = 5;       // its master
inline constexpr process::Tag kFeed = 6;           // the write end of an input of kind data
inline constexpr process::Tag kFeedData = 7;       // what it is filled with first; the file offset says how far
inline constexpr process::Tag kFeedReader = 8;     // its read end, for a job that may be restarted
inline constexpr process::Tag kPassedInput = 9;    // what came with the request
inline constexpr process::Tag kPassedOutput = 10;
inline constexpr process::Tag kPassedError = 11;
inline constexpr process::Tag kBond = 12;          // the pidfd that it is bound to
inline constexpr process::Tag kJoint = 64;         // + index of a command: the read end of its output, for the next one
}  // namespace held

// Of the daemon itself, in a box of its own.
inline constexpr process::Box kDaemonBox = 1;
namespace held {
inline constexpr process::Tag kLock = 1;      // of the state directory
inline constexpr process::Tag kListener = 2;  // + index of the address
inline constexpr process::Tag kSocketLock = 1026;  // + index of the address
}  // namespace held

using HeldDescriptors = std::map<process::Tag, UniqueFd>;
// Borrowed, to be held.
using ToHold = std::vector<std::pair<process::Tag, int>>;

// The one with that tag; none if there is none.
inline UniqueFd take(HeldDescriptors& all, process::Tag tag) {
  const auto found = all.find(tag);
  return found == all.end() ? UniqueFd() : std::move(found->second);
}

}  // namespace coppice::daemon
