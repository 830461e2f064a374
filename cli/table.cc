#include "cli/table.h"

#include <algorithm>

namespace coppice::cli {
namespace {

constexpr std::size_t kGap = 2;
// Narrower than this and the last column says nothing: then the line may be longer than the terminal.
constexpr std::size_t kLeastLastColumn = 8;

std::size_t room_for_last(const std::vector<std::size_t>& widths, const Terminal& terminal) {
  std::size_t taken = 0;
  for (std::size_t column = 0; column + 1 < widths.size(); ++column) taken += widths[column] + kGap;
  const auto width = static_cast<std::size_t>(terminal.width);
  return std::max(kLeastLastColumn, width > taken ? width - taken : 0);
}

}  // namespace

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

void Table::add(std::vector<Cell> row) {
  row.resize(titles_.size());
  for (Cell& cell : row) cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
}

std::string Table::text(const Terminal& terminal) const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < titles_.size(); ++column) {
    widths.push_back(columns_of(titles_[column]));
    for (const auto& row : rows_) widths[column] = std::max(widths[column], columns_of(row[column].text));
  }
  const std::size_t last_room = terminal.width > 0 ? room_for_last(widths, terminal) : widths.back();

  std::string result;
  const auto line = [&](const std::vector<Cell>& row) {
    std::string blanks;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const bool last = column + 1 == row.size();
      const std::string text =
          last ? shortened(row[column].text, last_room, terminal.utf8) : row[column].text;
      if (!text.empty()) result += blanks + terminal.paint(row[column].colour, text), blanks.clear();
      if (!last) blanks.append(widths[column] - columns_of(text) + kGap, ' ');
    }
    result += '\n';
  };
  std::vector<Cell> head;
  for (const std::string& title : titles_) head.push_back({title, Colour::grey});
  line(head);
  for (const auto& row : rows_) line(row);
  return result;
}

}  // namespace coppice::cli
