// Prints the declared command lines of coppice and coppiced as one JSON object, {"coppice": …, "coppiced": …}, from
// which render makes manual pages and completions. A program of the build; nobody installs it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/version.h"
#include "cli/command_app.h"
#include "daemon/options.h"

namespace {

using nlohmann::ordered_json;

ordered_json tree_of(const CLI::Option& option) {
  ordered_json names = ordered_json::array();
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  const bool takes_value = option.get_items_expected_max() > 0;
  return {{"names", names},
          // With what CLI11 knows of it: "MS:INT in [1 - 1000]", "TEXT:{stop,leave}".
          {"value", takes_value ? ordered_json(option.get_type_name()) : ordered_json()},
          {"default", takes_value ? ordered_json(option.get_default_str()) : ordered_json()},
          {"repeatable", option.get_items_expected_max() > 1},
          {"help", option.get_description()}};
}

// The line that begins its help.
std::string usage_of(const CLI::App& app) {
  const auto formatter = std::dynamic_pointer_cast<const CLI::Formatter>(app.get_formatter());
  return formatter ? formatter->make_usage(&app, app.get_name()) : "";
}

// What stands in no group is for no person.
ordered_json tree_of(const CLI::App& app) {
  ordered_json options = ordered_json::array();
  for (const CLI::Option* option : app.get_options({}))
    if (!option->get_group().empty()) options.push_back(tree_of(*option));
  ordered_json commands = ordered_json::array();
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty()) commands.push_back(tree_of(*command));
  return {{"name", app.get_name()},
          {"summary", app.get_description()},
          {"usage", usage_of(app)},
          {"text", app.get_footer()},
          {"options", options},
          {"commands", commands}};
}

}  // namespace

int main() {
  ordered_json trees = {{"version", coppice::kVersion}, {"coppice", tree_of(*coppice::cli::command_app())}};
  coppice::daemon::show_options([&](const CLI::App& app) { trees["coppiced"] = tree_of(app); });
  const std::string text = trees.dump(1) + "\n";
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? 0 : 1;
}
