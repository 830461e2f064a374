#include "daemon/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/version.h"
#include "config/places.h"
#include "daemon/program_check.h"
#include "daemon/settings/report.h"
#include "daemon/settings/value.h"

namespace coppice::daemon {
namespace {

constexpr char kFooter[] =
    "coppiced becomes its keeper, the parent of every job, and starts the supervisor that serves\n"
    "clients. SIGTERM and SIGINT end it: jobs are stopped by their policy, and nothing is left.\n"
    "SIGHUP makes it read its settings again. They are in /etc/coppice/coppiced.toml, for other\n"
    "users than root in ~/.config/coppice/coppiced.toml, and in *.toml in the directory of that\n"
    "name with .d behind it; see coppiced.toml(5). What the command line says counts before them.\n"
    "Examples:\n"
    "  coppiced                                     as root: /run/coppice and /var/lib/coppice\n"
    "  coppiced --socket ./s --state ./state --runtime ./run    one to try things with";

// How the supervisor is told what the files said when its daemon was started.
constexpr char kStartSettings[] = "--start-settings";

std::string absolute(const std::string& path) { return std::filesystem::absolute(path); }

// "unix:@name" and "unix:/path" are taken as they are.
std::string absolute_address(const std::string& address) {
  return address.starts_with("unix:") || address.starts_with("@") ? address : absolute(address);
}

// Before an upgrade, the program that runs asks this of the one that is to follow.
int tell_reading(int version) {
  const bool reads = version == kStateVersion;
  std::printf("coppiced %s%s\n", kVersion, reads ? "" : " does not read a state of this version");
  return reads ? 0 : 1;
}

// What the command line said about a key.
struct Said {
  const Key* key = nullptr;
  std::vector<std::string> words = {};
};

// The options of the table of keys.
class KeyOptions {
 public:
  KeyOptions(CLI::App& app, const Settings& defaults) {
    for (const Key& key : keys())
      if (!key.option.empty()) declare(app, key, defaults);
  }

  Assignments assignments() const {
    Assignments assignments;
    for (const Said& said : said_) {
      if (said.words.empty()) continue;
      Assignment assignment;
      assignment.key = said.key;
      assignment.value = read_words(*said.key, made_absolute(said));
      assign(assignments, std::move(assignment));
    }
    return assignments;
  }

 private:
  static std::string type_name(const Key& key) {
    switch (key.kind) {
      case Kind::choice: return "WORD:{" + joined(key.choices) + "}";
      case Kind::addresses: return "ADDRESS";
      case Kind::path: return "PATH";
      case Kind::size: return "SIZE";
      case Kind::duration: return "DURATION";
      case Kind::count: return "N";
      default: return "WORD";
    }
  }

  static std::string joined(std::span<const std::string_view> words) {
    std::string all;
    for (const std::string_view word : words) all.append(all.empty() ? "" : ",").append(word);
    return all;
  }

  static std::string default_words(const Key& key, const Settings& defaults) {
    const Value value = key.get(defaults);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    std::string words = std::holds_alternative<std::int64_t>(value) ? toml_text(key, value) : "";
    std::erase(words, '"');
    return words;
  }

  static std::vector<std::string> made_absolute(const Said& said) {
    std::vector<std::string> words = said.words;
    for (std::string& word : words) {
      if (said.key->kind == Kind::path && !word.empty()) word = absolute(word);
      if (said.key->kind == Kind::addresses) word = absolute_address(word);
    }
    return words;
  }

  void declare(CLI::App& app, const Key& key, const Settings& defaults) {
    Said& said = said_.emplace_back();
    said.key = &key;
    auto* option = app.add_option(std::string(key.option), said.words, std::string(key.description))
                       ->type_name(type_name(key))
                       ->default_str(default_words(key, defaults))
                       ->check(
                           [&key](const std::string& word) -> std::string {
                             try {
                               static_cast<void>(read_word(key, word));
                               return "";
                             } catch (const std::invalid_argument& reason) {
                               return reason.what();
                             }
                           },
                           "");
    if (key.kind == Kind::addresses) {
      // Each time one more.
      option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    } else {
      option->expected(1);
    }
  }

  std::deque<Said> said_;
};

// What is asked of coppiced instead of running.
struct Questions {
  std::optional<std::string> check;
  bool print = false;
  bool manual = false;
  std::optional<int> reads_state;
};

void say(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::fprintf(stderr, "coppiced: %s\n", line.c_str());
}

[[noreturn]] void end_for_faults(const std::vector<std::string>& faults) {
  say(faults);
  throw EarlyEnd{1};
}

// The named file, or all of those that would be read.
[[noreturn]] void check_settings(const SettingsOrigin& origin, const std::string& named) {
  const std::string file = named.empty() ? origin.file : absolute(named);
  const Reading reading = read_settings(file, !named.empty() || origin.file_named);
  if (!reading.faults.empty()) end_for_faults(reading.faults);
  std::printf("%s: %zu keys, no faults\n", file.c_str(), reading.values.size());
  throw EarlyEnd{0};
}

// Without those that only a process of ours gives.
std::vector<std::string> given_arguments(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == kStartSettings) ++i;
    else arguments.emplace_back(argv[i]);
  }
  return arguments;
}

SettingsOrigin default_origin(uid_t uid) {
  const config::Places places = config::default_places(uid);
  SettingsOrigin origin;
  origin.defaults.state_directory = places.state_directory;
  origin.defaults.runtime_directory = places.runtime_directory;
  origin.file = default_settings_file(uid);
  return origin;
}

// The command line, declared.
class Declared {
 public:
  explicit Declared(Options& options)
      : app("Supervise jobs: start them in control groups, follow them, end whole trees.", "coppiced"), options_(options) {
    app.footer(kFooter);
    app.set_version_flag("--version", std::string("coppiced ") + kVersion);
    named_ = app.add_option("--config", file_, "the file of settings; /dev/null for none")
                 ->type_name("FILE")
                 ->default_str(options.origin.file)
                 ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    keys_.emplace(app, options.origin.defaults);
    declare_start();
    declare_questions();
    start_ = app.add_option(kStartSettings, options.origin.at_start, "")->group("");
  }

  // After it has been parsed.
  void fill_in_origin() {
    SettingsOrigin& origin = options_.origin;
    origin.started = static_cast<bool>(*start_);
    origin.file_named = static_cast<bool>(*named_);
    if (origin.file_named) origin.file = absolute(file_);
    origin.words = keys_->assignments();
    options_.watchdog = std::chrono::milliseconds(std::llround(watchdog_ * 1000));
  }

  CLI::App app;
  Questions questions;

 private:
  void declare_start() {
    app.add_option("--ready-fd", options_.ready_descriptor,
                   "write \"ready\" and a newline to this descriptor once connections are accepted")
        ->type_name("N")
        ->check(CLI::Range(0, 1 << 20));
    app.add_option("--watchdog", watchdog_,
                   "end a supervisor that gives no sign of life for so many seconds, and start another; by default half of what "
                   "systemd asks for")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.1, 86'400.0));
    app.add_flag("--no-scope", options_.no_scope, "ask systemd for no scope when started outside of a unit with Delegate=yes");
    app.add_flag("--private", options_.is_private, "started by a client for its user");
    app.add_flag("--rescue", options_.rescue, "take over from a keeper that has given up starting its supervisor");
  }

  void declare_questions() {
    app.add_option("--check-config", questions.check, "check the files of settings, or FILE, and do nothing else")
        ->type_name("FILE")
        ->expected(0, 1)
        ->default_str("");
    app.add_flag("--print-config", questions.print, "print the settings that count, and where each comes from");
    app.add_flag("--config-manual", questions.manual, "print the manual page coppiced.toml(5)");
    app.add_option("--reads-state", questions.reads_state, "tell whether this program reads a state of that version")
        ->type_name("VERSION");
  }

  Options& options_;
  std::string file_;
  double watchdog_ = 0;
  CLI::Option* named_ = nullptr;
  CLI::Option* start_ = nullptr;
  std::optional<KeyOptions> keys_;
};

// What the files say counts from here on; ends for their mistakes.
void read_files(Options& options, const Questions& questions) {
  const Reading reading = read_for_start(options.origin, options.remarks);
  if (!reading.faults.empty()) end_for_faults(reading.faults);
  static_cast<Settings&>(options) = settings_from(options.origin, reading.values);
  options.sockets_given = reading.values.contains("sockets");
  if (questions.print) {
    std::fputs(print_settings(options, reading.values).c_str(), stdout);
    throw EarlyEnd{0};
  }
  Assignments from_files = reading.values;
  std::erase_if(from_files, [](const auto& entry) { return entry.second.source.file.empty(); });
  options.from_files = file_text(from_files);
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  options.origin = default_origin(::geteuid());
  options.arguments = given_arguments(argc, argv);
  Declared declared(options);
  try {
    declared.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw EarlyEnd{declared.app.exit(error) == 0 ? 0 : 2};
  }
  const Questions& questions = declared.questions;
  if (questions.reads_state) throw EarlyEnd{tell_reading(*questions.reads_state)};
  if (questions.manual) {
    std::fputs(manual_page().c_str(), stdout);
    throw EarlyEnd{0};
  }
  declared.fill_in_origin();
  if (questions.check) check_settings(options.origin, *questions.check);
  read_files(options, questions);
  return options;
}

std::vector<std::string> words_for_start(const Options& options) { return {kStartSettings, options.from_files}; }

void show_options(const LookAtOptions& look) {
  Options options;
  options.origin = default_origin(0);
  const Declared declared(options);
  look(declared.app);
}

}  // namespace coppice::daemon
