// Durations of the same thing done many times.
#pragma once

#include <chrono>
#include <vector>

namespace coppice::bench {

using Clock = std::chrono::steady_clock;
using Micros = std::chrono::duration<double, std::micro>;

struct Series {
  std::vector<Micros> each;
  // From the first start to the last end.
  Micros whole{0};

  // 0 while nothing was measured. `part` is 0.5 for the median, 0.99 for what all but a hundredth keep.
  Micros quantile(double part) const;
  Micros median() const { return quantile(0.5); }
  double per_second() const;

  // What a later round measured: the pause between them counts for nothing.
  void append(const Series& round);
};

// What several threads measured at the same time, as one; `whole` is the time that all took.
Series merged(const std::vector<Series>& parts, Micros whole);

// 0 for a base of 0.
double over(double value, double base);
double over(Micros value, Micros base);

}  // namespace coppice::bench
