#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "ipc/varlink/idl.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;
using Found = std::optional<Mismatch>;

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

bool fits_int64(const json& value) {
  if (value.is_number_unsigned())
    return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return value.is_number_integer();
}

// The path is built only on the way back from a mismatch: nearly every value fits.
class Checker {
 public:
  explicit Checker(const Interface& interface) : interface_(interface) {}

  // The path relative to `value`.
  Found check(const Type& type, const json& value) const {
    switch (type.kind) {
      case Type::Kind::boolean: return unless(value.is_boolean(), type);
      case Type::Kind::integer: return unless(fits_int64(value), type);
      case Type::Kind::real: return unless(value.is_number(), type);
      case Type::Kind::string: return unless(value.is_string(), type);
      case Type::Kind::object: return std::nullopt;
      case Type::Kind::structure: return check_structure(type, value);
      case Type::Kind::enumeration: return check_enumeration(type, value);
      case Type::Kind::array: return check_array(type, value);
      case Type::Kind::map: return check_map(type, value);
      case Type::Kind::optional:
        return value.is_null() ? std::nullopt : check(type.element.front(), value);
      case Type::Kind::named: {
        const Type* named = interface_.find_type(type.name);
        return named ? check(*named, value) : unless(false, type);
      }
    }
    return unless(false, type);
  }

 private:
  static Found unless(bool fits, const Type& type) {
    return fits ? std::nullopt : Found({Mismatch::Kind::wrong, "", &type});
  }

  static Found below(const std::string& name, Mismatch found) {
    const std::string& rest = found.path;
    found.path = rest.empty() || rest.front() == '[' ? name + rest : join(name, rest);
    return found;
  }

  Found check_structure(const Type& type, const json& value) const {
    if (!value.is_object()) return unless(false, type);
    std::size_t known = 0;
    for (const Field& field : type.fields) {
      const auto member = value.find(field.name);
      if (member == value.end()) {
        if (field.type.kind != Type::Kind::optional)
          return Mismatch{Mismatch::Kind::missing, field.name, &field.type};
        continue;
      }
      ++known;
      if (Found found = check(field.type, *member)) return below(field.name, std::move(*found));
    }
    if (known == value.size()) return std::nullopt;
    return Mismatch{Mismatch::Kind::unknown, unknown_member(type, value), &type};
  }

  static std::string unknown_member(const Type& type, const json& value) {
    for (const auto& [name, member] : value.items()) {
      static_cast<void>(member);
      const auto same = [&name = name](const Field& field) { return field.name == name; };
      if (std::none_of(type.fields.begin(), type.fields.end(), same)) return name;
    }
    return "";
  }

  static Found check_enumeration(const Type& type, const json& value) {
    if (!value.is_string()) return unless(false, type);
    const auto& text = value.get_ref<const std::string&>();
    return unless(std::find(type.values.begin(), type.values.end(), text) != type.values.end(), type);
  }

  Found check_array(const Type& type, const json& value) const {
    if (!value.is_array()) return unless(false, type);
    for (std::size_t i = 0; i < value.size(); ++i)
      if (Found found = check(type.element.front(), value[i]))
        return below("[" + std::to_string(i) + "]", std::move(*found));
    return std::nullopt;
  }

  Found check_map(const Type& type, const json& value) const {
    if (!value.is_object()) return unless(false, type);
    for (const auto& [key, member] : value.items())
      if (Found found = check(type.element.front(), member)) return below(key, std::move(*found));
    return std::nullopt;
  }

  const Interface& interface_;
};

}  // namespace

std::optional<Mismatch> explain_mismatch(const Interface& interface, const Type& type, const json& value) {
  return Checker(interface).check(type, value);
}

std::optional<std::string> find_mismatch(const Interface& interface, const Type& type, const json& value) {
  const Found found = Checker(interface).check(type, value);
  return found ? std::optional(found->path) : std::nullopt;
}

}  // namespace coppice::varlink
