// What a writer notes of itself where no daemon has a hand in it: files that outlive kill -9.
//
// PREFIX.attempts has a line with a pid for each time that the writer was started; PREFIX.N has what attempt N has
// written.
#pragma once

#include <cstdint>
#include <string>

namespace coppice::crash {

// Bytes of one stream. `begun` counts a write from before it, `done` from after it: what arrived is never less than
// `done` and never more than `begun`.
struct Written {
  volatile std::uint64_t begun;
  volatile std::uint64_t done;
};

// By stream: output, error.
struct Notes {
  Written streams[2];
};

inline std::string attempts_file(const std::string& prefix) { return prefix + ".attempts"; }
inline std::string notes_file(const std::string& prefix, int attempt) { return prefix + "." + std::to_string(attempt); }

}  // namespace coppice::crash
