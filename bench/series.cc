#include "bench/series.h"

#include <algorithm>

namespace coppice::bench {

Micros Series::quantile(double part) const {
  if (each.empty()) return Micros{0};
  std::vector<Micros> sorted = each;
  std::sort(sorted.begin(), sorted.end());
  const auto index = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

double Series::per_second() const {
  return whole.count() > 0 ? static_cast<double>(each.size()) * 1e6 / whole.count() : 0;
}

Series merged(const std::vector<Series>& parts, Micros whole) {
  Series all;
  all.whole = whole;
  for (const Series& part : parts) all.each.insert(all.each.end(), part.each.begin(), part.each.end());
  return all;
}

}  // namespace coppice::bench
