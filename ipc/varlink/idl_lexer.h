// Words of an interface description.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ipc/varlink/idl.h"

namespace coppice::varlink {

struct Token {
  // A word is a keyword or a name; a dotted or dashed one can only be an interface's name.
  enum class Kind { word, sign, arrow, end };

  Kind kind = Kind::end;
  std::string_view text;  // of the description given
  std::size_t line = 1;
};

// Skips white space and comments. Throws IdlError.
class Lexer {
 public:
  Lexer(std::string_view text, Dialect dialect) : text_(text), dialect_(dialect) {}

  Token next();

 private:
  void skip_blanks();
  void skip_comment();

  std::string_view text_;
  Dialect dialect_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
  std::size_t last_token_line_ = 0;
};

}  // namespace coppice::varlink
