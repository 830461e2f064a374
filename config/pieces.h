// A text in pieces, which are put together only where somebody is told: of what is checked nearly everything is sound.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coppice::config {

// Borrows what it is made of. More pieces than there is room for are a mistake of the caller's, and left out.
class Pieces {
 public:
  Pieces(const char* text) { add({text, 0, false}); }
  Pieces(const std::string& text) { add({text, 0, false}); }
  // It would be gone when the text is put together.
  Pieces(std::string&&) = delete;

  Pieces operator+(std::string_view text) const { return with({text, 0, false}); }
  Pieces operator+(std::integral auto number) const { return with({{}, static_cast<std::int64_t>(number), true}); }

  std::string text() const {
    std::string whole;
    for (std::size_t i = 0; i < count_; ++i)
      whole += pieces_[i].is_number ? std::to_string(pieces_[i].number) : std::string(pieces_[i].text);
    return whole;
  }

 private:
  struct Piece {
    std::string_view text;
    std::int64_t number = 0;
    bool is_number = false;
  };

  void add(Piece piece) {
    if (count_ < pieces_.size()) pieces_[count_++] = piece;
  }
  Pieces with(Piece piece) const {
    Pieces more = *this;
    more.add(piece);
    return more;
  }

  std::array<Piece, 10> pieces_;
  std::size_t count_ = 0;
};

}  // namespace coppice::config
