#include "cli/top_view.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "cli/draw.h"
#include "cli/human.h"
#include "config/names.h"

namespace coppice::cli {
namespace {

// From here on there is room for the slice of each job, and for wider gaps.
constexpr std::size_t kRoomy = 100;
// And here for all of a long one.
constexpr std::size_t kWide = 140;
// Of an id that is shown in part: its beginning is the time of the start.
constexpr std::size_t kShortestId = 10;
constexpr std::size_t kLeastText = 8;
constexpr std::size_t kMostJob = 40;

// One line before it is laid out.
struct Line {
  std::string job;
  std::string slice;
  std::string state;
  Colour state_colour = Colour::none;
  TopFigures figures;
  std::string command;
  bool heading = false;
};

std::string percent(const std::optional<double>& value) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", *value);
  return text;
}

std::string bytes(const std::optional<std::int64_t>& value) { return value ? human_bytes(*value) : "-"; }

std::string rate(const std::optional<double>& value) {
  return value ? human_bytes(static_cast<std::int64_t>(*value)) : "-";
}

std::string count(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "-"; }

struct Column {
  const char* title;
  std::string (*text)(const Line&);
  std::size_t width;
  bool right;
  // Where there is no room, those with the highest number go first; 0 never does.
  int spare;
};

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {
      {"STATE", [](const Line& line) { return line.state; }, 8, false, 1},
      {"CPU%", [](const Line& line) { return percent(line.figures.cpu); }, 6, true, 0},
      {"TIME", [](const Line& line) { return human_duration(line.figures.cpu_time); }, 7, true, 3},
      {"MEMORY", [](const Line& line) { return bytes(line.figures.memory); }, 9, true, 0},
      {"IO/S", [](const Line& line) { return rate(line.figures.io); }, 9, true, 2},
      {"PROCS", [](const Line& line) { return count(line.figures.processes); }, 5, true, 0},
  };
  return all;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t taken = columns_of(text);
  const std::string blanks(taken < width ? width - taken : 0, ' ');
  return right ? blanks + text : text + blanks;
}

// What fits, and how wide the two texts beside the figures are.
struct Layout {
  std::vector<const Column*> figures;
  std::size_t gap = 1;
  std::size_t job = 0;
  // 0: not shown.
  std::size_t slice = 0;
  // 0: as long as it is.
  std::size_t command = 0;
};

std::size_t widest(const std::vector<Line>& lines, std::string Line::*text, std::size_t least) {
  for (const Line& line : lines) least = std::max(least, columns_of(line.*text));
  return least;
}

std::size_t width_of(const std::vector<const Column*>& figures, std::size_t gap) {
  std::size_t width = 0;
  for (const Column* column : figures) width += gap + column->width;
  return width;
}

Layout make_layout(const std::vector<Line>& lines, bool with_slice, const Terminal& terminal) {
  Layout layout;
  const auto width = static_cast<std::size_t>(std::max(terminal.width, 0));
  const bool roomy = width == 0 || width >= kRoomy;
  layout.gap = roomy ? 2 : 1;
  for (const Column& column : columns()) layout.figures.push_back(&column);
  layout.job = std::min(widest(lines, &Line::job, 3), kMostJob);
  const std::size_t most_slice = width == 0 || width >= kWide ? kMostJob : kMostJob / 3;
  if (with_slice && roomy) layout.slice = std::min(widest(lines, &Line::slice, 5), most_slice);
  if (width == 0) return layout;
  // Two texts, and what is between them and the figures.
  const std::size_t texts = 2 * kLeastText + layout.gap;
  for (int spare = 3; spare > 0 && width_of(layout.figures, layout.gap) + texts > width; --spare)
    std::erase_if(layout.figures, [&](const Column* column) { return column->spare == spare; });
  const std::size_t fixed = width_of(layout.figures, layout.gap) + layout.gap + (layout.slice > 0 ? layout.slice + layout.gap : 0);
  const std::size_t room = width > fixed + 2 * kLeastText ? width - fixed : 2 * kLeastText;
  layout.job = std::min(layout.job, std::min(std::max(kLeastText, room * 3 / 5), room - kLeastText));
  layout.command = room - layout.job;
  return layout;
}

std::string draw(const Line& line, const Layout& layout, const Terminal& terminal) {
  const std::string gap(layout.gap, ' ');
  const std::string job = padded(shortened(line.job, layout.job, terminal.utf8), layout.job, false);
  std::string text = terminal.paint(Colour::bold, job);
  if (layout.slice > 0) text += gap + padded(shortened(line.slice, layout.slice, terminal.utf8), layout.slice, false);
  for (const Column* column : layout.figures) {
    const std::string cell = padded(column->text(line), column->width, column->right);
    text += gap + (column->title == columns().front().title ? terminal.paint(line.state_colour, cell) : cell);
  }
  if (!line.command.empty())
    text += gap + (layout.command > 0 ? shortened(line.command, layout.command, terminal.utf8) : line.command);
  const auto end = text.find_last_not_of(' ');
  return text.substr(0, end == std::string::npos ? 0 : end + 1);
}

std::string titles(const Layout& layout, const Terminal& terminal) {
  const std::string gap(layout.gap, ' ');
  std::string text = padded("JOB", layout.job, false);
  if (layout.slice > 0) text += gap + padded("SLICE", layout.slice, false);
  for (const Column* column : layout.figures) text += gap + padded(column->title, column->width, column->right);
  return terminal.paint(Colour::grey, text + gap + "COMMAND");
}

std::vector<std::string> draw_all(const std::vector<Line>& lines, bool with_slice, const Terminal& terminal) {
  const Layout layout = make_layout(lines, with_slice, terminal);
  std::vector<std::string> drawn = {titles(layout, terminal)};
  for (const Line& line : lines) drawn.push_back(draw(line, layout, terminal));
  return drawn;
}

// As many characters as tell every id from the others, and no fewer than the shortest.
std::size_t id_length(const std::vector<TopEntry>& entries) {
  std::vector<std::string> ids;
  for (const TopEntry& entry : entries)
    if (entry.name.empty()) ids.push_back(entry.id);
  std::sort(ids.begin(), ids.end());
  std::size_t length = kShortestId;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const auto [left, right] = std::mismatch(ids[i - 1].begin(), ids[i - 1].end(), ids[i].begin(), ids[i].end());
    length = std::max(length, static_cast<std::size_t>(left - ids[i - 1].begin()) + 1);
  }
  return length;
}

Line line_of(const TopEntry& entry, std::size_t id_length) {
  Line line;
  line.job = printable(entry.name.empty() ? entry.id.substr(0, id_length) : entry.name);
  line.slice = entry.slice.empty() ? "-" : printable(entry.slice);
  line.state = std::string(config::name_of(entry.state));
  line.state_colour = colour_of(entry.state);
  line.figures = entry.figures;
  line.command = printable(entry.command);
  return line;
}

double key_of(const TopFigures& figures, TopSort by) {
  switch (by) {
    case TopSort::cpu: return figures.cpu.value_or(-1);
    case TopSort::memory: return static_cast<double>(figures.memory.value_or(-1));
    case TopSort::io: return figures.io.value_or(-1);
    case TopSort::processes: return static_cast<double>(figures.processes.value_or(-1));
    case TopSort::name: break;
  }
  return 0;
}

template <typename Number>
void add(std::optional<Number>& sum, const std::optional<Number>& value) {
  if (value) sum = sum.value_or(0) + *value;
}

// A slice with what is in it.
struct Branch {
  std::vector<TopEntry> jobs;
  std::map<std::string, Branch> below;

  std::vector<TopEntry> all() const {
    std::vector<TopEntry> list = jobs;
    for (const auto& [name, branch] : below) {
      const auto more = branch.all();
      list.insert(list.end(), more.begin(), more.end());
    }
    return list;
  }
};

Branch grow(std::vector<TopEntry> entries) {
  Branch top;
  for (TopEntry& entry : entries) {
    Branch* branch = &top;
    for (std::size_t at = 0; at < entry.slice.size();) {
      const std::size_t end = std::min(entry.slice.find('/', at), entry.slice.size());
      branch = &branch->below[entry.slice.substr(at, end - at)];
      at = end + 1;
    }
    branch->jobs.push_back(std::move(entry));
  }
  return top;
}

void append(const Branch& branch, std::size_t depth, TopSort by, std::size_t id_length, std::vector<Line>& lines) {
  const std::string indent(2 * depth, ' ');
  std::vector<TopEntry> jobs = branch.jobs;
  sort_entries(jobs, by);
  for (const TopEntry& entry : jobs) {
    lines.push_back(line_of(entry, id_length));
    lines.back().job = indent + lines.back().job;
  }
  std::vector<std::pair<std::string, const Branch*>> below;
  for (const auto& [name, one] : branch.below) below.emplace_back(name, &one);
  std::stable_sort(below.begin(), below.end(), [&](const auto& one, const auto& other) {
    return key_of(total(one.second->all()), by) > key_of(total(other.second->all()), by);
  });
  for (const auto& [name, one] : below) {
    const std::vector<TopEntry> all = one->all();
    Line heading;
    heading.job = indent + printable(name) + "/";
    heading.figures = total(all);
    heading.command = counted(all.size(), "job", "jobs");
    heading.heading = true;
    lines.push_back(std::move(heading));
    append(*one, depth + 1, by, id_length, lines);
  }
}

}  // namespace

void sort_entries(std::vector<TopEntry>& entries, TopSort by) {
  const auto named = [](const TopEntry& entry) { return std::pair(entry.name.empty() ? entry.id : entry.name, entry.id); };
  std::sort(entries.begin(), entries.end(), [&](const TopEntry& one, const TopEntry& other) {
    const double first = key_of(one.figures, by);
    const double second = key_of(other.figures, by);
    return first != second ? first > second : named(one) < named(other);
  });
}

TopFigures total(const std::vector<TopEntry>& entries) {
  TopFigures sum;
  for (const TopEntry& entry : entries) {
    add(sum.cpu, entry.figures.cpu);
    add(sum.memory, entry.figures.memory);
    add(sum.io, entry.figures.io);
    add(sum.processes, entry.figures.processes);
    sum.cpu_time += entry.figures.cpu_time;
  }
  return sum;
}

std::vector<std::string> top_table(std::vector<TopEntry> entries, TopSort by, const Terminal& terminal) {
  const std::size_t length = id_length(entries);
  sort_entries(entries, by);
  std::vector<Line> lines;
  for (const TopEntry& entry : entries) lines.push_back(line_of(entry, length));
  return draw_all(lines, true, terminal);
}

std::vector<std::string> top_tree(std::vector<TopEntry> entries, TopSort by, const Terminal& terminal) {
  const std::size_t length = id_length(entries);
  std::vector<Line> lines;
  append(grow(std::move(entries)), 0, by, length, lines);
  return draw_all(lines, false, terminal);
}

std::string total_words(const std::vector<TopEntry>& entries) {
  const TopFigures sum = total(entries);
  std::string words = counted(entries.size(), "job", "jobs");
  if (sum.cpu) words += ", CPU " + percent(sum.cpu) + " %";
  if (sum.memory) words += ", memory " + human_bytes(*sum.memory);
  return words;
}

}  // namespace coppice::cli
