// What a run measured, as the JSON that bench/report reads: rows of tables, aims, and lines of plots.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/series.h"

namespace coppice::bench {

// Numbers are in `unit`; what was not measured, or cannot be said of so few, is left out and null in the JSON.
struct Row {
  std::string topic;
  // Unlike any other of its topic: "flat.100.api".
  std::string name;
  std::string what;
  std::string unit;
  std::size_t n = 0;
  std::optional<double> median;
  std::optional<double> p99;
  std::optional<double> p999;
  // a second
  std::optional<double> rate;
  std::string note;
};

enum class Sense { at_most, at_least };

// No value: it could not be measured, and the note says why.
struct Aim {
  std::string topic;
  std::string what;
  std::optional<double> value;
  double aim = 0;
  Sense sense = Sense::at_most;
  std::string note;
};

// With the reason as its note.
Aim unmeasured(std::string topic, std::string what, double aim, std::string why);

struct Line {
  std::string topic;
  std::string name;
  std::string x;
  std::string y;
  std::vector<std::pair<double, double>> points;
};

class Document {
 public:
  void add(Row row) { rows_.push_back(std::move(row)); }
  void add(Aim aim) { aims_.push_back(std::move(aim)); }
  void add(Line line) { lines_.push_back(std::move(line)); }

  // Written aside and renamed. Throws std::runtime_error.
  void write(const std::string& path) const;

  // For people who wait: each aim, then each row, on a line of its own.
  void print(std::ostream& out) const;

 private:
  std::vector<Row> rows_;
  std::vector<Aim> aims_;
  std::vector<Line> lines_;
};

// Microseconds in one of the units that durations are told in: "µs", "ms", "s".
double in_unit(Micros time, const std::string& unit);

// With so many digits behind the point.
std::string fixed(double value, int digits = 1);

// With the quantiles that so many samples can carry: p99 from 50 on, p99.9 from 1,000 on.
Row row_of(std::string topic, std::string name, std::string what, std::string unit, const Series& series);

// Of a single number.
Row value_row(std::string topic, std::string name, std::string what, std::string unit, double value,
              std::string note = "");

}  // namespace coppice::bench
