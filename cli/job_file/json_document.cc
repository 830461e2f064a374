// JSON with positions. nlohmann/json reads the text and tells what is wrong with it; where each value stands it does
// not tell, so the text, known to be sound by then, is walked over once more.
#include <algorithm>

#include "cli/job_file/document.h"
#include "ipc/api/escape.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr int kDeepest = 64;
constexpr std::string_view kBlanks = " \t\r\n";

Position position_at(std::string_view text, std::size_t offset) {
  Position position{1, 1};
  for (std::size_t at = 0; at < std::min(offset, text.size());) {
    if (text[at] == '\n') {
      ++position.line;
      position.column = 0;
    }
    ++position.column;
    at += std::max<std::size_t>(1, api::character_length(text, at));
  }
  return position;
}

// Walks over sound JSON.
class Walker {
 public:
  Walker(std::string_view text, Document& document) : text_(text), document_(document) {}

  void value(const std::string& path, int depth) {
    skip_blanks();
    if (depth > kDeepest) throw SyntaxError(position(), "nested deeper than any job");
    if (text_[at_] == '{') return object(path, depth);
    if (text_[at_] == '[') return array(path, depth);
    if (text_[at_] == '"') return static_cast<void>(string());
    at_ = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
  }

 private:
  // Positions are asked for in the order of the text, so no part of it is counted twice.
  Position position() {
    const Position rest = position_at(text_.substr(counted_), at_ - counted_);
    known_ = {known_.line + rest.line - 1, rest.line == 1 ? known_.column + rest.column - 1 : rest.column};
    counted_ = at_;
    return known_;
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size()); }

  // True if `sign` comes next, which is taken.
  bool accept(char sign) {
    skip_blanks();
    if (text_[at_] != sign) return false;
    ++at_;
    return true;
  }

  std::string string() {
    const std::size_t begin = at_++;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    return json::parse(text_.substr(begin, at_ - begin)).get<std::string>();
  }

  void object(const std::string& path, int depth) {
    ++at_;
    if (accept('}')) return;
    std::map<std::string, bool> seen;
    do {
      skip_blanks();
      const Position place = position();
      const std::string name = string();
      if (!seen.emplace(name, true).second)
        throw SyntaxError(place, "the key \"" + name + "\" is given twice");
      const std::string below = member_path(path, name);
      document_.positions.emplace(below, place);
      static_cast<void>(accept(':'));
      value(below, depth + 1);
    } while (accept(','));
    static_cast<void>(accept('}'));
  }

  void array(const std::string& path, int depth) {
    ++at_;
    if (accept(']')) return;
    std::size_t index = 0;
    do {
      skip_blanks();
      const std::string below = element_path(path, index++);
      document_.positions.emplace(below, position());
      value(below, depth + 1);
    } while (accept(','));
    static_cast<void>(accept(']'));
  }

  std::string_view text_;
  Document& document_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  Position known_{1, 1};
};

// "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error …": the last part.
std::string words_of(const json::exception& error) {
  const std::string what = error.what();
  const std::size_t place = what.find("column ");
  const std::size_t colon = place == std::string::npos ? place : what.find(": ", place);
  return what.substr(colon == std::string::npos ? what.find("] ") + 2 : colon + 2);
}

}  // namespace

Document read_json(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Document document;
  try {
    document.value = json::parse(text);
  } catch (const json::parse_error& error) {
    // It counts the character at fault as read.
    throw SyntaxError(position_at(text, error.byte > 0 ? error.byte - 1 : 0), words_of(error));
  } catch (const json::out_of_range& error) {
    // A number like 1e999; it says which.
    throw SyntaxError({1, 1}, words_of(error));
  }
  Walker(text, document).value("", 0);
  return document;
}

}  // namespace coppice::cli
