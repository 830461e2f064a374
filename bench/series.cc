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

void Series::append(const Series& round) {
  each.insert(each.end(), round.each.begin(), round.each.end());
  whole += round.whole;
}

Series merged(const std::vector<Series>& parts, Micros whole) {
  Series all;
  for (const Series& part : parts) all.append(part);
  all.whole = whole;
  return all;
}

double over(double value, double base) { return base > 0 ? value / base : 0; }
double over(Micros value, Micros base) { return over(value.count(), base.count()); }

}  // namespace coppice::bench
