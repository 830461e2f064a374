#include "base/errno_text.h"

#include <cctype>
#include <cstring>

namespace coppice {
namespace {

std::string lower_text(int error) {
  std::string text = ::strerrordesc_np(error) ? ::strerrordesc_np(error) : "unknown error";
  // "No such file" becomes "no such file"; "RPC failed" keeps its capitals.
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])))
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

std::string errno_name(int error) {
  const char* name = ::strerrorname_np(error);
  return name ? name : "errno " + std::to_string(error);
}

std::string errno_message(std::string_view call, std::string_view subject, int error) {
  std::string message(call);
  if (!subject.empty()) message.append(" \"").append(subject).append("\"");
  return message.append(": ").append(lower_text(error));
}

std::system_error errno_error(std::string_view call, std::string_view subject, int error) {
  // system_error appends the text of its code to what it is given.
  std::string what(call);
  if (!subject.empty()) what.append(" \"").append(subject).append("\"");
  return std::system_error(error, std::generic_category(), what);
}

}  // namespace coppice
