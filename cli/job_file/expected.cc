#include "cli/job_file/expected.h"

#include "cli/job_file/spellings.h"

namespace coppice::cli {
namespace {

using varlink::Mismatch;
using varlink::Type;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string field_names(const Type& type) {
  std::vector<std::string> names;
  for (const varlink::Field& field : type.fields) names.push_back(field.name);
  return listed(names);
}

std::string words_of(const varlink::Interface& interface, const Type& type) {
  switch (type.kind) {
    case Type::Kind::boolean: return "true or false";
    case Type::Kind::integer: return "a whole number";
    case Type::Kind::real: return "a number";
    case Type::Kind::string: return "a string";
    case Type::Kind::object: return "anything";
    case Type::Kind::structure: return "a table with " + field_names(type);
    case Type::Kind::enumeration: return "one of " + listed(type.values);
    case Type::Kind::array: return "a list, each " + words_of(interface, type.element.front());
    case Type::Kind::map: return "a table of names, each " + words_of(interface, type.element.front());
    case Type::Kind::optional: return words_of(interface, type.element.front());
    case Type::Kind::named:
      if (const Type* named = interface.find_type(type.name)) return words_of(interface, *named);
  }
  return "something else";
}

std::string expected(const varlink::Interface& interface, const Mismatch& mismatch) {
  switch (spelling_of(mismatch.path)) {
    case Spelling::duration: return "a duration such as \"10s\" or \"1m30s\", or milliseconds";
    case Spelling::size: return "a size such as \"512M\" or \"2G\", or bytes";
    case Spelling::none: break;
  }
  return words_of(interface, *mismatch.type);
}

}  // namespace

std::string reason_of(const varlink::Interface& interface, const Mismatch& mismatch) {
  switch (mismatch.kind) {
    case Mismatch::Kind::missing: return "missing: expected " + expected(interface, mismatch);
    case Mismatch::Kind::unknown: return "there is no such key: expected one of " + field_names(*mismatch.type);
    case Mismatch::Kind::wrong: return "expected " + expected(interface, mismatch);
  }
  return "wrong";
}

}  // namespace coppice::cli
