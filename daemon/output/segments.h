// The files of one log: its bytes in segments, and beside each an index of when they came.
//
//   <name>.<begin>          the stream's bytes from offset <begin> on: 16 hexadecimal digits, so that names sort
//   <name>.<begin>.index    index_file.h
//
// Everything but the times follows from names and sizes: what lies between the end of a segment and the beginning
// of the next was not kept, nor what lies before the first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/job.h"

namespace coppice::daemon {

// Offsets in the stream: of its first byte, and of the one behind its last.
struct Segment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct LogPlace {
  std::string directory;
  std::string name;

  std::string segment(std::uint64_t begin) const;
  std::string index(std::uint64_t begin) const;
  // For messages.
  std::string path() const { return directory + "/" + name; }
};

// Where the segment begins whose file has this name, in a log of that name; nothing for any other file, an index too.
std::optional<std::uint64_t> segment_begin(std::string_view log, std::string_view file);

// What an earlier life, or a job that has ended, left on disk.
struct LogRemains {
  // In order, and without overlap.
  std::vector<Segment> segments;
  // Bytes behind the last segment that were not kept, and the errno of why: 0 for the cap.
  std::uint64_t discarded = 0;
  int error = 0;
  // When the last segment was written.
  config::Time last{};
};

// Blocks. A log that is not there is an empty one.
LogRemains find_remains(const LogPlace& place);

// Removes every file of the log, and the directory if nothing else is in it. Blocks.
void remove_log(const LogPlace& place);

}  // namespace coppice::daemon
