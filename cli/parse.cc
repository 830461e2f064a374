#include "cli/parse.h"

#include <algorithm>
#include <memory>

#include "base/version.h"
#include "cli/command_app.h"
#include "cli/declare.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

constexpr char kDescription[] = "coppice runs jobs, and owns every process that a job starts.";

constexpr char kFooter[] =
    "Examples:\n"
    "  coppice run -- make test              in the foreground, gone without a trace at Ctrl-C\n"
    "  coppice start --name web -- ./server  in the background, output to a log\n"
    "  coppice ps                            what runs\n"
    "  coppice logs -f web                   what it writes\n"
    "  coppice kill web                      end it with all its children, and see what died\n\n"
    "coppice COMMAND --help tells more. The daemon is found at --socket, else at COPPICE_SOCKET, else at its\n"
    "usual place for this user. NO_COLOR=1 switches colours off.";

// Names the words behind the options, which CLI11 knows nothing of: see split().
class Help : public CLI::Formatter {
 public:
  Help() { column_width(34); }

  std::string make_usage(const CLI::App* app, std::string) const override {
    if (app->get_parent() == nullptr) return "Usage: coppice COMMAND [OPTIONS] ...\n";
    const std::string name = app->get_name();
    std::string line = "Usage: coppice " + name + " [OPTIONS]";
    for (const Declaration& declaration : declarations())
      if (name == declaration.name && *declaration.words != '\0')
        line += std::string(" ") + declaration.words;
    return line + "\n";
  }
};

// CLI11 reads what stands before the first "--"; it has no way to keep a second one for the job.
struct Split {
  Words before;
  Words after;
  bool marked = false;
};

Split split(const Words& arguments) {
  Split result;
  const auto mark = std::find(arguments.begin(), arguments.end(), "--");
  result.before.assign(arguments.begin(), mark);
  result.marked = mark != arguments.end();
  if (result.marked) result.after.assign(mark + 1, arguments.end());
  return result;
}

bool runs_program(const std::string& command) {
  return command == "run" || command == "start" || command == "show";
}

// What is left over by CLI11, and what stood behind "--".
Words words_of(const CLI::App& command, const Split& line) {
  Words words = command.remaining();
  const std::string name = command.get_name();
  // Behind a program's name the options are the program's.
  const std::size_t ours = runs_program(name) ? std::min<std::size_t>(1, words.size()) : words.size();
  for (std::size_t index = 0; index < ours; ++index)
    if (words[index].size() > 1 && words[index].front() == '-')
      throw UsageError("there is no option \"" + words[index] + "\" of coppice " + name +
                       ": see coppice " + name + " --help");
  // `coppice run git checkout -- file`: the mark is the command's.
  if (line.marked && !words.empty() && runs_program(name)) words.push_back("--");
  words.insert(words.end(), line.after.begin(), line.after.end());
  return words;
}

bool names(const Words& words, const std::string& command) {
  return std::find(words.begin(), words.end(), command) != words.end();
}

bool name_is_hidden(const std::string& command) { return command.starts_with("__"); }

void declare_common(CLI::App& app, CommonOptions& common) {
  app.add_option_function<std::string>(
         "--socket", [&common](const std::string& text) { common.socket = text; },
         "where the daemon listens; COPPICE_SOCKET if left out")
      ->type_name("ADDRESS");
  app.add_flag("--json", common.json, "print the objects of the API, one per line");
}

[[noreturn]] void refuse_extras(const Words& arguments) {
  const auto first = std::find_if(arguments.begin(), arguments.end(),
                                  [](const std::string& word) { return word.rfind('-', 0) != 0; });
  const std::string word = first != arguments.end() ? *first : arguments.front();
  throw UsageError("there is no command \"" + word + "\": coppice --help lists them");
}

struct Parser {
  CLI::App app{kDescription, "coppice"};
  CommonOptions common;
  std::vector<std::pair<CLI::App*, Finish>> commands;

  // To declare the options of all commands takes as long as a short job: without `all` it is done for those that `words` may
  // mean.
  explicit Parser(const Words& words, bool all = false) {
    app.formatter(std::make_shared<Help>());
    app.footer(kFooter);
    app.set_help_flag("-h,--help", "print this");
    app.set_version_flag("--version", std::string("coppice ") + kVersion, "print the version");
    app.require_subcommand(0, 1);
    declare_common(app, common);
    for (const Declaration& declaration : declarations()) {
      CLI::App* command = app.add_subcommand(declaration.name, declaration.summary);
      command->footer(declaration.examples);
      // Nothing for people: CLI11 leaves out of help what is in no group.
      command->group(name_is_hidden(declaration.name) ? "" : "Commands");
      // run, start and show end at the first word that is no option; elsewhere options may follow words.
      if (runs_program(declaration.name))
        command->prefix_command();
      else
        command->allow_extras();
      if (!all && !names(words, declaration.name)) continue;
      commands.emplace_back(command, declaration.declare(*command));
      declare_common(*command, common);
    }
  }
};

}  // namespace

std::shared_ptr<const CLI::App> command_app() {
  auto parser = std::make_shared<Parser>(Words(), true);
  const CLI::App* app = &parser->app;
  return {std::move(parser), app};
}

std::variant<CommandLine, Answer> parse(const std::vector<std::string>& arguments) {
  const Split line = split(arguments);
  Parser parser(line.before);
  Words reversed(line.before.rbegin(), line.before.rend());
  try {
    parser.app.parse(std::move(reversed));
  } catch (const CLI::CallForVersion& version) {
    return Answer{std::string(version.what()) + "\n"};
  } catch (const CLI::CallForHelp&) {
    // The help of the command that was named, as CLI11's own exit() prints it.
    const auto chosen = parser.app.get_subcommands();
    return Answer{(chosen.empty() ? parser.app.help() : chosen.front()->help()) + "\n"};
  } catch (const CLI::ExtrasError&) {
    refuse_extras(line.before);
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + ": see coppice --help");
  }
  for (const auto& [command, finish] : parser.commands)
    if (command->parsed()) {
      Command chosen = finish(words_of(*command, line));
      return CommandLine{parser.common, std::move(chosen)};
    }
  if (!arguments.empty()) throw UsageError("there is no command given: coppice --help lists them");
  return Answer{parser.app.help() + "\n"};
}

}  // namespace coppice::cli
