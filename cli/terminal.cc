#include "cli/terminal.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "ipc/api/escape.h"

namespace coppice::cli {
namespace {

constexpr int kUsualWidth = 80;

const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::none: return "";
    case Colour::red: return "\033[31m";
    case Colour::green: return "\033[32m";
    case Colour::yellow: return "\033[33m";
    case Colour::blue: return "\033[34m";
    case Colour::cyan: return "\033[36m";
    case Colour::grey: return "\033[90m";
    case Colour::bold: return "\033[1m";
  }
  return "";
}

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

bool colours_wanted() {
  const char* refused = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  return (refused == nullptr || *refused == '\0') &&
         (kind == nullptr || std::strcmp(kind, "dumb") != 0);
}

int width_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUsualWidth;
}

}  // namespace

std::string Terminal::paint(Colour colour, std::string_view text) const {
  if (!colours || colour == Colour::none) return std::string(text);
  return code_of(colour) + std::string(text) + "\033[0m";
}

Terminal terminal_of(int descriptor) {
  Terminal terminal;
  terminal.is_terminal = ::isatty(descriptor) == 1;
  terminal.colours = terminal.is_terminal && colours_wanted();
  terminal.utf8 = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
  terminal.width = terminal.is_terminal ? width_of(descriptor) : 0;
  return terminal;
}

std::string printable(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = api::character_length(text, at);
    const std::size_t end = at + std::max<std::size_t>(1, length);
    const auto last = static_cast<unsigned char>(text[end - 1]);
    // U+0080 to U+009F are control characters too: C2 80 to C2 9F.
    const bool control = length == 1 ? last < 0x20 || last == 0x7f
                                     : length == 2 && static_cast<unsigned char>(text[at]) == 0xc2 && last < 0xa0;
    if (length == 0 || control)
      result += {'\\', 'x', kHex[last >> 4U], kHex[last & 15U]};
    else
      result += text.substr(at, length);
    at = end;
  }
  return result;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) columns += starts_code_point(c) ? 1 : 0;
  return columns;
}

std::string shortened(std::string_view text, std::size_t columns, bool utf8) {
  if (columns_of(text) <= columns) return std::string(text);
  const std::string_view ellipsis = utf8 ? "…" : "...";
  const std::size_t room = columns_of(ellipsis) < columns ? columns - columns_of(ellipsis) : 0;
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (!starts_code_point(text[end])) continue;
    if (seen == room) break;
    ++seen;
  }
  return std::string(text.substr(0, end)) + std::string(room > 0 ? ellipsis : "");
}

}  // namespace coppice::cli
