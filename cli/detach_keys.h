// The keys that end an attachment and leave the job running.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace coppice::cli {

// The usual ones, as docker has them.
inline constexpr char kDetachKeys[] = "ctrl-p,ctrl-q";

// "ctrl-p,ctrl-q", "ctrl-],d", "~,.": each a character, or ctrl- with a letter or one of [ \ ] ^ _. Their bytes;
// nothing for "", which switches them off. Throws UsageError naming --detach-keys.
std::string parse_detach_keys(const std::string& text);

// Finds them among what is typed. A beginning of them is held back until it is known to be none.
class DetachKeys {
 public:
  // `keys` as bytes; none if empty.
  explicit DetachKeys(std::string keys) : keys_(std::move(keys)) {}

  // What of `typed` is for the job. After the keys have come nothing is.
  std::string pass(std::string_view typed);
  bool pressed() const { return pressed_; }

 private:
  std::string keys_;
  std::string held_;
  bool pressed_ = false;
};

}  // namespace coppice::cli
