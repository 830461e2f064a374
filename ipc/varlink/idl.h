// Interface descriptions: parsed, and used to check the values that travel.
//
// The whole grammar of https://varlink.org/Interface-Definition is read. `Dialect::portable` refuses
// what some parsers in use do not take (systemd, Go, Python, Rust): `[][]T`, `any`, an error without
// `()`, an inline struct as the value of a map, a comment behind a member.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::varlink {

struct Field;

struct Type {
  enum class Kind { boolean, integer, real, string, object, structure, enumeration, array, map, optional, named };

  Kind kind = Kind::structure;
  std::string name;                 // named: what is referred to
  std::vector<Field> fields;        // structure: in the order written
  std::vector<std::string> values;  // enumeration
  std::vector<Type> element;        // array, map, optional: exactly one
};

struct Field {
  std::string name;
  Type type;
};

struct TypeDefinition {
  std::string name;
  Type type;
};

// Both are structures.
struct Method {
  std::string name;
  Type input;
  Type output;
};

struct Interface {
  std::string name;  // "io.coppice.Jobs"
  std::string text;  // as given
  std::vector<TypeDefinition> types;
  std::vector<Method> methods;
  std::vector<TypeDefinition> errors;

  // Null when there is none. `name` is the short one.
  const Type* find_type(std::string_view name) const;
  const Method* find_method(std::string_view name) const;
  const Type* find_error(std::string_view name) const;
};

// `line 12: field "argv" is declared twice`
class IdlError : public std::runtime_error {
 public:
  // Lines count from 1.
  IdlError(std::size_t line, const std::string& what);
  std::size_t line() const noexcept { return line_; }

 private:
  std::size_t line_;
};

enum class Dialect { full, portable };

// Throws IdlError: bad syntax, a name declared twice, a type that is not declared.
Interface parse_interface(std::string_view text, Dialect dialect = Dialect::full);

// The first thing in `value` that does not fit `type`, as a dotted path: "spec.commands[0].argv" is
// missing, unknown or of a wrong type. Nothing when all fits; "" when `value` itself does not fit.
//
// null, or absence, fits an optional. An integer fits a float (Go sends 1 for 1.0); a float never fits
// an int, whole or not, nor does an integer outside of int64. `object` takes any value.
struct Mismatch {
  enum class Kind { missing, unknown, wrong };
  Kind kind;
  std::string path;
  // What is missing or wrong should be of this type; a structure whose fields do not know what is unknown.
  // Lives as long as the interface and the type that was checked against.
  const Type* type;
};
std::optional<Mismatch> explain_mismatch(const Interface& interface, const Type& type,
                                         const nlohmann::json& value);

// The path alone.
std::optional<std::string> find_mismatch(const Interface& interface, const Type& type,
                                         const nlohmann::json& value);

// The same for what a method is called with.
inline std::optional<std::string> check_parameters(const Interface& interface, const Method& method,
                                                   const nlohmann::json& parameters) {
  return find_mismatch(interface, method.input, parameters);
}

}  // namespace coppice::varlink
