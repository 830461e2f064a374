// One file of settings: TOML, checked key by key.
#include <toml++/toml.h>

#include <stdexcept>

#include "daemon/settings/files.h"
#include "daemon/settings/nearest.h"
#include "daemon/settings/value.h"

namespace coppice::daemon {
namespace {

class FileReader {
 public:
  FileReader(const std::string& file, Reading& into) : file_(file), into_(into) {}

  void read_table(const toml::table& table, const std::string& path) {
    for (const auto& [name, node] : table) {
      const std::string below = path.empty() ? std::string(name.str()) : path + "." + std::string(name.str());
      const std::size_t line = name.source().begin.line;
      if (path == kUserQuotas) {
        read_user(std::string(name.str()), node, line);
      } else if (is_table(below)) {
        if (const toml::table* inner = node.as_table()) read_table(*inner, below);
        else fault(line, below, "is a table: write [" + below + "]");
      } else {
        read_key(below, node, line, "");
      }
    }
  }

  void fault(std::size_t line, const std::string& name, const std::string& reason) {
    fault(line, "key \"" + name + "\" " + reason);
  }
  void fault(std::size_t line, const std::string& reason) {
    into_.faults.push_back(file_ + ":" + std::to_string(line) + ": " + reason);
  }

 private:
  void read_user(const std::string& user, const toml::node& node, std::size_t line) {
    const std::string path = std::string(kUserQuotas) + "." + user;
    const toml::table* table = node.as_table();
    if (!table || user.empty()) return fault(line, path, "is a table, of a user: write [quotas.user.NAME]");
    for (const auto& [name, value] : *table)
      read_key(std::string(kQuotas) + "." + std::string(name.str()), value, name.source().begin.line, user);
  }

  void read_key(const std::string& name, const toml::node& node, std::size_t line, const std::string& user) {
    const Key* key = find_key(name);
    if (!key || name == kUserQuotas) return fault(line, name, "is unknown: " + suggestion(name));
    Assignment assignment;
    assignment.key = key;
    assignment.user = user;
    assignment.source.file = file_;
    assignment.source.line = line;
    try {
      assignment.value = value_of(*key, node);
    } catch (const std::invalid_argument& reason) {
      return fault(line, name_of(assignment), std::string("has a wrong value: ") + reason.what());
    }
    assign(into_.values, std::move(assignment));
  }

  static Value value_of(const Key& key, const toml::node& node) {
    if (const auto* number = node.as_integer()) return read_number(key, number->get());
    if (const auto* text = node.as_string()) return read_text(key, text->get());
    const toml::array* array = node.as_array();
    if (!array) throw std::invalid_argument(expected(key));
    std::vector<std::string> list;
    for (const toml::node& element : *array) {
      const auto* text = element.as_string();
      if (!text) throw std::invalid_argument(expected(key));
      list.push_back(text->get());
    }
    return read_list(key, list);
  }

  const std::string& file_;
  Reading& into_;
};

}  // namespace

void read_settings_text(const std::string& file, std::string_view text, Reading& into) {
  FileReader reader(file, into);
  try {
    const toml::table table = toml::parse(text);
    reader.read_table(table, "");
  } catch (const toml::parse_error& error) {
    reader.fault(error.source().begin.line, std::string(error.description()));
  }
}

}  // namespace coppice::daemon
