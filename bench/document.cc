#include "bench/document.h"

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <stdexcept>

namespace coppice::bench {
namespace {

using nlohmann::json;

json or_null(const std::optional<double>& number) { return number ? json(*number) : json(nullptr); }

json json_of(const Row& row) {
  return {{"topic", row.topic},          {"name", row.name},         {"what", row.what},
          {"unit", row.unit},            {"n", row.n},               {"median", or_null(row.median)},
          {"p99", or_null(row.p99)},     {"p999", or_null(row.p999)}, {"rate", or_null(row.rate)},
          {"note", row.note}};
}

json json_of(const Aim& aim) {
  return {{"topic", aim.topic}, {"what", aim.what},
          {"value", or_null(aim.value)}, {"aim", aim.aim},
          {"sense", aim.sense == Sense::at_most ? "at_most" : "at_least"}, {"note", aim.note}};
}

json json_of(const Line& line) {
  json points = json::array();
  for (const auto& [x, y] : line.points) points.push_back(json::array({x, y}));
  return {{"topic", line.topic}, {"name", line.name}, {"x", line.x}, {"y", line.y}, {"points", points}};
}

template <class Entry>
json all_of(const std::vector<Entry>& entries) {
  json all = json::array();
  for (const Entry& entry : entries) all.push_back(json_of(entry));
  return all;
}

bool met(const Aim& aim) {
  return aim.sense == Sense::at_most ? *aim.value <= aim.aim : *aim.value >= aim.aim;
}

std::string short_number(const std::optional<double>& number) {
  if (!number) return "-";
  std::ostringstream text;
  text << std::setprecision(4) << *number;
  return text.str();
}

}  // namespace

void Document::write(const std::string& path) const {
  const json whole = {{"rows", all_of(rows_)}, {"aims", all_of(aims_)}, {"series", all_of(lines_)}};
  const std::string aside = path + ".new";
  std::ofstream file(aside);
  file << whole.dump(1) << "\n";
  file.close();
  if (!file) throw std::runtime_error("cannot write " + aside);
  std::filesystem::rename(aside, path);
}

void Document::print(std::ostream& out) const {
  for (const Aim& aim : aims_) {
    out << (!aim.value ? "  ?  " : met(aim) ? " met " : "MISSED") << " " << aim.topic << ": " << aim.what << " = "
        << short_number(aim.value) << (aim.sense == Sense::at_most ? " (≤ " : " (≥ ") << aim.aim << ")"
        << (aim.note.empty() ? "" : "; ") << aim.note << "\n";
  }
  for (const Row& row : rows_) {
    out << row.topic << " " << row.name << ": " << short_number(row.median) << " " << row.unit << ", p99 "
        << short_number(row.p99) << ", p99.9 " << short_number(row.p999) << ", " << short_number(row.rate)
        << "/s, n " << row.n << (row.note.empty() ? "" : "; ") << row.note << "\n";
  }
}

Aim unmeasured(std::string topic, std::string what, double aim, std::string why) {
  Aim none;
  none.topic = std::move(topic);
  none.what = std::move(what);
  none.aim = aim;
  none.note = std::move(why);
  return none;
}

std::string fixed(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

double in_unit(Micros time, const std::string& unit) {
  if (unit == "s") return time.count() / 1e6;
  return unit == "ms" ? time.count() / 1e3 : time.count();
}

Row row_of(std::string topic, std::string name, std::string what, std::string unit, const Series& series) {
  Row row;
  row.topic = std::move(topic);
  row.name = std::move(name);
  row.what = std::move(what);
  row.unit = std::move(unit);
  row.n = series.each.size();
  if (row.n > 0) row.median = in_unit(series.median(), row.unit);
  if (row.n >= 50) row.p99 = in_unit(series.quantile(0.99), row.unit);
  if (row.n >= 1000) row.p999 = in_unit(series.quantile(0.999), row.unit);
  if (series.whole.count() > 0) row.rate = series.per_second();
  return row;
}

Row value_row(std::string topic, std::string name, std::string what, std::string unit, double value,
              std::string note) {
  Row row;
  row.topic = std::move(topic);
  row.name = std::move(name);
  row.what = std::move(what);
  row.unit = std::move(unit);
  row.n = 1;
  row.median = value;
  row.note = std::move(note);
  return row;
}

}  // namespace coppice::bench
