// What a writer writes: lines that say whose they are and where their place is, so that the log of a job can be
// compared byte by byte with what was written, and a look at a difference tells what is missing.
//
// Pure functions; the program and the test share them.
#pragma once

#include <cstdint>
#include <string>

namespace coppice::crash {

// The same for the same input, on every machine.
constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// One stream of one attempt of one writer. Attempts count from 1; stream 1 is output, 2 is error.
struct Text {
  std::uint64_t seed = 0;
  int attempt = 1;
  int stream = 1;

  // "SEED aATTEMPT sSTREAM nNUMBER FILLING CHECKSUM" and a line end.
  std::string line(int number) const;
  // The lines 0 to count - 1.
  std::string lines(int count) const;
  // The first `size` bytes of lines without end.
  std::string beginning(std::uint64_t size) const;
};

}  // namespace coppice::crash
