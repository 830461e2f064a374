#include "cli/detach_keys.h"

#include <algorithm>
#include <cctype>

#include "cli/values.h"

namespace coppice::cli {
namespace {

constexpr std::string_view kControl = "ctrl-";

// One key; 0 if it is none.
char key_of(const std::string& word) {
  if (word.size() == 1) return word[0];
  if (word.size() != kControl.size() + 1 || !word.starts_with(kControl)) return 0;
  const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(word.back())));
  return letter > '@' && letter <= '_' ? static_cast<char>(letter & 0x1f) : '\0';
}

}  // namespace

std::string parse_detach_keys(const std::string& text) {
  std::string keys;
  for (std::size_t start = 0; !text.empty() && start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const char key = key_of(text.substr(start, end - start));
    if (key == 0)
      throw UsageError("--detach-keys \"" + text +
                       "\" is not understood: give keys such as ctrl-p,ctrl-q or ctrl-],d");
    keys += key;
    start = end + 1;
  }
  return keys;
}

std::string DetachKeys::pass(std::string_view typed) {
  if (keys_.empty()) return std::string(typed);
  std::string passed;
  for (const char key : typed) {
    if (pressed_) break;
    held_ += key;
    while (!keys_.starts_with(held_)) {
      passed += held_.front();
      held_.erase(0, 1);
    }
    pressed_ = held_ == keys_;
  }
  return passed;
}

}  // namespace coppice::cli
