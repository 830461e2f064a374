// How each command's options are declared to CLI11. Only parse.cc and declare_*.cc include this.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"

namespace coppice::cli {

// Words that belong to no option. For a command that runs a program: the program and its arguments.
using Words = std::vector<std::string>;

// Called after a parse that chose the command: turns what the options left into the command's struct.
// Throws UsageError.
using Finish = std::function<Command(const Words&)>;

struct Declaration {
  const char* name;
  // What stands behind the options.
  const char* words;
  // One line, for the list of commands.
  const char* summary;
  // Below the options in the command's own help.
  const char* examples;
  Finish (*declare)(CLI::App&);
};

// In the order in which help lists them.
const std::vector<Declaration>& declarations();

// An option with a value that is kept as text, to be read by Finish.
inline void text_option(CLI::App& app, const std::string& name, std::optional<std::string>& into,
                        const std::string& value, const std::string& help) {
  app.add_option_function<std::string>(name, [&into](const std::string& text) { into = text; }, help)
      ->type_name(value);
}

// An option that may be given several times, with one value each time.
inline void list_option(CLI::App& app, const std::string& name, std::vector<std::string>& into,
                        const std::string& value, const std::string& help) {
  app.add_option(name, into, help)->type_name(value)->type_size(1)->allow_extra_args(false);
}

Finish declare_run(CLI::App& app);
Finish declare_start(CLI::App& app);
Finish declare_show(CLI::App& app);
Finish declare_attach(CLI::App& app);
Finish declare_ps(CLI::App& app);
Finish declare_history(CLI::App& app);
Finish declare_status(CLI::App& app);
Finish declare_wait(CLI::App& app);
Finish declare_logs(CLI::App& app);
Finish declare_write(CLI::App& app);
Finish declare_stop(CLI::App& app);
Finish declare_kill(CLI::App& app);
Finish declare_signal(CLI::App& app);
Finish declare_freeze(CLI::App& app);
Finish declare_thaw(CLI::App& app);
Finish declare_renew(CLI::App& app);
Finish declare_tree(CLI::App& app);
Finish declare_events(CLI::App& app);
Finish declare_rm(CLI::App& app);
Finish declare_limit(CLI::App& app);
Finish declare_top(CLI::App& app);
Finish declare_explain(CLI::App& app);
Finish declare_daemon(CLI::App& app);
Finish declare_slice(CLI::App& app);
Finish declare_complete(CLI::App& app);

}  // namespace coppice::cli
