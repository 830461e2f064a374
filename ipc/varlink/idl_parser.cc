#include <algorithm>
#include <set>

#include "ipc/varlink/idl_lexer.h"
#include "ipc/varlink/idl_names.h"

namespace coppice::varlink {
namespace {

constexpr int kMaxNesting = 32;

class Parser {
 public:
  Parser(std::string_view text, Dialect dialect) : lexer_(text, dialect), dialect_(dialect) { advance(); }

  Interface parse() {
    Interface interface;
    expect_word("interface");
    interface.name = take_name(valid_interface_name, "an interface name such as org.example.Thing");
    while (token_.kind != Token::Kind::end) parse_member(interface);
    for (const auto& [name, line] : references_)
      if (interface.find_type(name) == nullptr) throw IdlError(line, "type \"" + name + "\" is not declared");
    return interface;
  }

 private:
  void advance() {
    previous_line_ = token_.line;
    token_ = lexer_.next();
  }

  [[noreturn]] void fail(const std::string& wanted) const {
    const std::string found =
        token_.kind == Token::Kind::end ? "the end" : "\"" + std::string(token_.text) + "\"";
    throw IdlError(token_.line, "expected " + wanted + ", found " + found);
  }

  bool at(std::string_view sign) const { return token_.kind == Token::Kind::sign && token_.text == sign; }

  bool accept(std::string_view sign) {
    if (!at(sign)) return false;
    advance();
    return true;
  }

  void expect(std::string_view sign) {
    if (!accept(sign)) fail("\"" + std::string(sign) + "\"");
  }

  void expect_word(std::string_view word) {
    if (token_.kind != Token::Kind::word || token_.text != word) fail("\"" + std::string(word) + "\"");
    advance();
  }

  std::string take_name(bool (*valid)(std::string_view), const char* wanted) {
    if (token_.kind != Token::Kind::word || !valid(token_.text)) fail(wanted);
    std::string name(token_.text);
    advance();
    return name;
  }

  void parse_member(Interface& interface) {
    const std::string keyword = token_.kind == Token::Kind::word ? std::string(token_.text) : "";
    if (keyword != "type" && keyword != "method" && keyword != "error") fail("type, method or error");
    advance();
    const std::size_t line = token_.line;
    std::string name = take_name(valid_member_name, "a name that begins with a capital letter");
    if (!members_.insert(name).second) throw IdlError(line, "\"" + name + "\" is declared twice");
    if (keyword == "type") {
      interface.types.push_back({std::move(name), parse_aggregate(0)});
    } else if (keyword == "error") {
      interface.errors.push_back({std::move(name), parse_error_fields()});
    } else {
      Type input = parse_structure();
      if (token_.kind != Token::Kind::arrow) fail("\"->\"");
      advance();
      Type output = parse_structure();
      interface.methods.push_back({std::move(name), std::move(input), std::move(output)});
    }
  }

  Type parse_error_fields() {
    if (at("(")) return parse_structure();
    if (dialect_ == Dialect::portable)
      throw IdlError(previous_line_, "an error without \"()\": not every parser takes it");
    return Type();
  }

  Type parse_structure() {
    const std::size_t line = token_.line;
    Type type = parse_aggregate(0);
    if (type.kind != Type::Kind::structure) throw IdlError(line, "expected fields, found an enumeration");
    return type;
  }

  // "(a: int, b: int)" or "(one, two)"; "()" is a structure.
  Type parse_aggregate(int depth) {
    if (depth > kMaxNesting) throw IdlError(token_.line, "nested too deep");
    expect("(");
    Type type;
    type.kind = Type::Kind::structure;
    if (accept(")")) return type;
    std::set<std::string> seen;
    do {
      const std::size_t line = token_.line;
      std::string name = take_name(valid_field_name, "a field name");
      if (!seen.insert(name).second) throw IdlError(line, "field \"" + name + "\" is declared twice");
      if (seen.size() == 1 && !at(":")) type.kind = Type::Kind::enumeration;
      if (type.kind == Type::Kind::enumeration) {
        type.values.push_back(std::move(name));
        continue;
      }
      expect(":");
      type.fields.push_back({std::move(name), parse_type(depth + 1)});
    } while (accept(","));
    expect(")");
    return type;
  }

  Type wrap(Type::Kind kind, Type element) {
    Type type;
    type.kind = kind;
    type.element.push_back(std::move(element));
    return type;
  }

  Type parse_type(int depth) {
    if (depth > kMaxNesting) throw IdlError(token_.line, "nested too deep");
    const std::size_t line = token_.line;
    if (accept("?")) {
      if (at("?")) throw IdlError(line, "optional twice");
      return wrap(Type::Kind::optional, parse_type(depth + 1));
    }
    if (accept("[")) return parse_container(depth, line);
    if (at("(")) return parse_aggregate(depth);
    return parse_plain_type();
  }

  Type parse_container(int depth, std::size_t line) {
    const bool map = token_.kind == Token::Kind::word;
    if (map) expect_word("string");
    expect("]");
    Type element = parse_type(depth + 1);
    if (dialect_ == Dialect::portable) {
      if (!map && element.kind == Type::Kind::array)
        throw IdlError(line, "an array of arrays: not every parser takes it, name the inner one in a struct");
      if (map && element.kind == Type::Kind::structure && !element.fields.empty())
        throw IdlError(line, "an inline struct in a map: not every parser takes it, give it a name");
    }
    return wrap(map ? Type::Kind::map : Type::Kind::array, std::move(element));
  }

  Type parse_plain_type() {
    static constexpr std::pair<std::string_view, Type::Kind> kPlain[] = {
        {"bool", Type::Kind::boolean}, {"int", Type::Kind::integer},   {"float", Type::Kind::real},
        {"string", Type::Kind::string}, {"object", Type::Kind::object}, {"any", Type::Kind::object}};
    Type type;
    for (const auto& [word, kind] : kPlain) {
      if (token_.kind != Token::Kind::word || token_.text != word) continue;
      if (word == "any" && dialect_ == Dialect::portable)
        throw IdlError(token_.line, "type \"any\": not every parser knows it, use object");
      type.kind = kind;
      advance();
      return type;
    }
    const std::size_t line = token_.line;
    type.kind = Type::Kind::named;
    type.name = take_name(valid_member_name, "a type");
    references_.emplace_back(type.name, line);
    return type;
  }

  Lexer lexer_;
  Dialect dialect_;
  Token token_;
  std::size_t previous_line_ = 1;
  std::set<std::string> members_;
  std::vector<std::pair<std::string, std::size_t>> references_;
};

template <typename List>
auto* find_named(List& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.name == name; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

const Type* Interface::find_type(std::string_view type_name) const {
  const auto* found = find_named(types, type_name);
  return found ? &found->type : nullptr;
}

const Method* Interface::find_method(std::string_view method_name) const {
  return find_named(methods, method_name);
}

const Type* Interface::find_error(std::string_view error_name) const {
  const auto* found = find_named(errors, error_name);
  return found ? &found->type : nullptr;
}

Interface parse_interface(std::string_view text, Dialect dialect) {
  Interface interface = Parser(text, dialect).parse();
  interface.text = std::string(text);
  return interface;
}

}  // namespace coppice::varlink
