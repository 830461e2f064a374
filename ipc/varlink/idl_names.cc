#include "ipc/varlink/idl_names.h"

#include <algorithm>

namespace coppice::varlink {
namespace {

bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool letter(char c) { return upper(c) || (c >= 'a' && c <= 'z'); }
bool alphanumeric(char c) { return letter(c) || (c >= '0' && c <= '9'); }

}  // namespace

bool valid_interface_name(std::string_view name) {
  if (name.empty() || !letter(name.front()) || !alphanumeric(name.back())) return false;
  bool dotted = false;
  for (std::size_t i = 1; i < name.size(); ++i) {
    const char before = name[i - 1];
    if (name[i] == '.') {
      if (!alphanumeric(before)) return false;
      dotted = true;
    } else if (name[i] == '-') {
      if (before == '.') return false;
    } else if (!alphanumeric(name[i])) {
      return false;
    }
  }
  return dotted;
}

bool valid_member_name(std::string_view name) {
  return !name.empty() && upper(name.front()) && std::all_of(name.begin(), name.end(), alphanumeric);
}

bool valid_field_name(std::string_view name) {
  if (name.empty() || !letter(name.front()) || name.back() == '_') return false;
  for (std::size_t i = 1; i < name.size(); ++i) {
    if (name[i] == '_' ? name[i - 1] == '_' : !alphanumeric(name[i])) return false;
  }
  return true;
}

}  // namespace coppice::varlink
