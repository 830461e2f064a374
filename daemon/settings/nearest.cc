#include "daemon/settings/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "daemon/settings/key.h"

namespace coppice::daemon {
namespace {

// Letters to insert, to remove or to replace (Levenshtein).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string_view table_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

// Behind the last dot.
std::string_view last_of(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

std::string suggestion(std::string_view name) {
  // A key that stands in the wrong table is not far off either.
  for (const Key& key : keys())
    if (last_of(key.name) == last_of(name)) return "did you mean \"" + std::string(key.name) + "\"?";
  const Key* nearest = nullptr;
  std::size_t least = std::max<std::size_t>(2, name.size() / 4) + 1;
  for (const Key& key : keys()) {
    const std::size_t steps = distance(name, key.name);
    if (steps >= least) continue;
    least = steps;
    nearest = &key;
  }
  if (nearest) return "did you mean \"" + std::string(nearest->name) + "\"?";
  const std::string_view table = is_table(table_of(name)) ? table_of(name) : std::string_view();
  std::string list;
  for (const Key& key : keys())
    if (table_of(key.name) == table) list += (list.empty() ? "" : ", ") + std::string(last_of(key.name));
  return (table.empty() ? std::string("there are ") : "[" + std::string(table) + "] has ") + list;
}

}  // namespace coppice::daemon
