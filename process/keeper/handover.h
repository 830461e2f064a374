// What a keeper leaves to the keeper that it becomes by executing itself: its tables, in a sealed memory file, and the
// descriptors that they name.
//
// The format, version 1. Lines of words with one blank between them, numbers in decimal, each line ended by a newline:
//
//     coppice-keeper handover 1
//     limit SOFT HARD            the limit of descriptors that jobs get; absent if they get the keeper's
//     keys LAST                  the highest key ever used
//     restarts COUNT
//     rest 0|1                   1: start no supervisor, wait for one
//     command KEY OVER FOREIGN FD-OF-PID FD-OF-PEN PID IDENTITY-KIND IDENTITY REPORT A B C D E
//     held BOX TAG FD
//     end
//
// The first line and the last are there once, the others in any order, `command` and `held` as often as there are such.
// -1 is no descriptor. PID is 0 for what was never launched. REPORT is 0 for a live command; 1 for Failed, with A step,
// B errno and C index; 2 for Exited, with A status, B known, C and D microseconds of user and system, E KiB. The rest
// is 0. Fields are never given another meaning: a change makes another version, and a keeper reads those of
// its forerunners.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "process/keeper_protocol.h"

namespace coppice::process {

inline constexpr unsigned kHandoverVersion = 1;
// The descriptors in it have this number or a higher one: those below are the keeper's own.
inline constexpr int kFirstHandedDescriptor = 256;
// Those that read_handover reads.
bool reads_handover(unsigned version);

// Borrowed descriptors.
struct KeptCommand {
  Key key = 0;
  bool over = false;
  bool foreign = false;
  int pidfd = -1;
  int pen = -1;
  Launched launched;  // its key is 0 if it never was
  Report report;      // Failed or Exited, once over
};

struct KeptDescriptor {
  Box box = 0;
  Tag tag = 0;
  int descriptor = -1;
};

struct KeeperHandover {
  std::optional<rlimit> descriptor_limit;
  Key last_key = 0;
  std::uint32_t restarts = 0;
  bool rest = false;
  std::vector<KeptCommand> commands;
  std::vector<KeptDescriptor> held;

  std::vector<int> descriptors() const;
};

std::string write_handover(const KeeperHandover& handover);
// Nothing for a text of another format or version.
std::optional<KeeperHandover> read_handover(std::string_view text);

// The text in a sealed memory file, close-on-exec. Throws std::system_error.
UniqueFd seal_handover(const std::string& text);
// What is in it, as far as it can be read.
std::string load_handover(int file);

}  // namespace coppice::process
