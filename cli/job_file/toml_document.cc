// TOML with positions; the only place that compiles toml++.
#include <toml++/toml.h>

#include "cli/job_file/document.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

Position position_of(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

// toml++ bounds the depth (TOML_MAX_NESTED_VALUES).
json convert(const toml::node& node, const std::string& path, Document& document);

json convert_table(const toml::table& table, const std::string& path, Document& document) {
  json object = json::object();
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    const std::string below = member_path(path, name);
    document.positions.emplace(below, position_of(key.source()));
    object[name] = convert(value, below, document);
  }
  return object;
}

json convert_array(const toml::array& array, const std::string& path, Document& document) {
  json list = json::array();
  for (const toml::node& element : array) {
    const std::string below = element_path(path, list.size());
    document.positions.emplace(below, position_of(element.source()));
    list.push_back(convert(element, below, document));
  }
  return list;
}

json convert(const toml::node& node, const std::string& path, Document& document) {
  switch (node.type()) {
    case toml::node_type::table: return convert_table(*node.as_table(), path, document);
    case toml::node_type::array: return convert_array(*node.as_array(), path, document);
    case toml::node_type::string: return node.as_string()->get();
    case toml::node_type::integer: return node.as_integer()->get();
    case toml::node_type::floating_point: return node.as_floating_point()->get();
    case toml::node_type::boolean: return node.as_boolean()->get();
    default:
      throw SyntaxError(position_of(node.source()),
                        path + ": no job has a date or a time: put a text into quotes");
  }
}

}  // namespace

Document read_toml(std::string_view text) {
  try {
    const toml::table table = toml::parse(text);
    Document document;
    document.value = convert_table(table, "", document);
    return document;
  } catch (const toml::parse_error& error) {
    throw SyntaxError(position_of(error.source()), std::string(error.description()));
  }
}

}  // namespace coppice::cli
