#include "ipc/varlink/idl_lexer.h"

namespace coppice::varlink {
namespace {

// Not the C library's: those follow the locale.
bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

}  // namespace

IdlError::IdlError(std::size_t line, const std::string& what)
    : std::runtime_error("line " + std::to_string(line) + ": " + what), line_(line) {}

Token Lexer::next() {
  skip_blanks();
  Token token;
  token.line = line_;
  if (position_ == text_.size()) return token;
  last_token_line_ = line_;
  const std::size_t begin = position_;
  if (word_character(text_[position_])) {
    // A dash belongs to a word (an interface's name) unless it begins an arrow.
    while (position_ < text_.size() &&
           (word_character(text_[position_]) ||
            (text_[position_] == '-' && text_.substr(position_, 2) != "->")))
      ++position_;
    token.kind = Token::Kind::word;
  } else if (text_.substr(position_, 2) == "->") {
    position_ += 2;
    token.kind = Token::Kind::arrow;
  } else if (std::string_view("():,?[]").find(text_[position_]) != std::string_view::npos) {
    ++position_;
    token.kind = Token::Kind::sign;
  } else {
    throw IdlError(line_, "unexpected character \"" + std::string(1, text_[position_]) + "\"");
  }
  token.text = text_.substr(begin, position_ - begin);
  return token;
}

void Lexer::skip_blanks() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '#') {
      skip_comment();
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (c == '\n') ++line_;
      ++position_;
    } else {
      return;
    }
  }
}

void Lexer::skip_comment() {
  if (dialect_ == Dialect::portable && last_token_line_ == line_)
    throw IdlError(line_, "a comment behind a member: not every parser takes it, give it a line of its own");
  while (position_ < text_.size() && text_[position_] != '\n') ++position_;
}

}  // namespace coppice::varlink
