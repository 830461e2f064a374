#include "ipc/api/spec_bytes.h"

#include <array>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "config/check.h"

namespace coppice::api {
namespace {

using config::Command;
using config::InvalidSpec;
using config::JobSpec;
using config::Stream;

constexpr char kProgram = 'c';
constexpr char kArgument = 'a';
constexpr char kArgv0 = 'n';
constexpr char kVariable = 'e';

struct Directory {
  char tag;
  std::optional<std::string> JobSpec::*field;
  const char* name;
};
constexpr std::array kDirectories = {
    Directory{'b', &JobSpec::base_directory, "baseDirectory"},
    Directory{'w', &JobSpec::working_directory, "workingDirectory"},
    Directory{'r', &JobSpec::root_directory, "rootDirectory"}};

struct StreamPath {
  char tag;
  std::optional<Stream> JobSpec::*stream;
  const char* name;
};
constexpr std::array kStreamPaths = {StreamPath{'i', &JobSpec::input, "input"},
                                     StreamPath{'o', &JobSpec::output, "output"},
                                     StreamPath{'x', &JobSpec::error, "error"}};

void put(std::string& bytes, char tag, std::string_view value) {
  if (value.find('\0') != std::string_view::npos)
    throw std::invalid_argument("a string of the specification holds a NUL byte");
  bytes += tag;
  bytes += value;
  bytes += '\0';
}

void put_taken(std::string& bytes, char tag, std::optional<std::string>& value) {
  if (const auto taken = std::exchange(value, std::nullopt)) put(bytes, tag, *taken);
}

void put_command(std::string& bytes, Command& command) {
  const std::vector<std::string> argv = std::exchange(command.argv, {});
  if (argv.empty()) throw std::invalid_argument("a command of the specification has no program");
  put(bytes, kProgram, argv.front());
  put_taken(bytes, kArgv0, command.argv0);
  for (std::size_t i = 1; i < argv.size(); ++i) put(bytes, kArgument, argv[i]);
}

// Takes string after string of the file.
class Filler {
 public:
  explicit Filler(JobSpec& spec) : spec_(spec) {}

  void fill(std::string_view bytes) {
    if (bytes.size() > config::cap::kBytes) refuse("is over " + std::to_string(config::cap::kBytes) + " bytes");
    while (at_ < bytes.size()) {
      const std::size_t end = bytes.find('\0', at_);
      if (end == std::string_view::npos) refuse_string("does not end with NUL");
      if (end == at_) refuse_string("is empty: its first byte says what it is");
      count(end - at_);
      take(bytes[at_], std::string(bytes.substr(at_ + 1, end - at_ - 1)));
      at_ = end + 1;
    }
    finish();
  }

 private:
  [[noreturn]] static void refuse(const std::string& reason) { throw InvalidSpec("spec.bytesFd", reason); }

  [[noreturn]] void refuse_string(const std::string& reason) const {
    refuse("the string at byte " + std::to_string(at_) + " " + reason);
  }

  // Many small strings cost more memory here than in the file, and execve counts a pointer for each too.
  void count(std::size_t size) {
    cost_ += size + sizeof(char*);
    if (cost_ > config::cap::kBytes) refuse_string("is one too many: there are too many strings");
  }

  void take(char tag, std::string value) {
    switch (tag) {
      case kProgram: commands_.push_back({{std::move(value)}, std::nullopt}); return;
      case kArgument: command().argv.push_back(std::move(value)); return;
      case kArgv0: take_argv0(std::move(value)); return;
      case kVariable: take_variable(value); return;
      default: take_path(tag, std::move(value)); return;
    }
  }

  Command& command() {
    if (commands_.empty()) refuse_string("belongs to a command, and none has begun");
    return commands_.back();
  }

  void take_argv0(std::string value) {
    if (command().argv0) refuse_string("gives argv0 of the command a second time");
    command().argv0 = std::move(value);
  }

  void take_variable(const std::string& entry) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) refuse_string("is no NAME=VALUE");
    if (!std::exchange(has_variables_, true) && !spec_.environment.empty())
      throw InvalidSpec("spec.environment", "must be empty where bytesFd gives the environment");
    if (!spec_.environment.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second)
      refuse_string("gives the variable " + entry.substr(0, equals) + " a second time");
  }

  void take_path(char tag, std::string value) {
    for (const Directory& directory : kDirectories)
      if (directory.tag == tag) return set(spec_.*directory.field, directory.name, std::move(value));
    for (const StreamPath& path : kStreamPaths)
      if (path.tag == tag) return set_stream_path(path, std::move(value));
    refuse_string("begins with a byte that is none of a b c e i n o r w x");
  }

  void set_stream_path(const StreamPath& path, std::string value) {
    std::optional<Stream>& stream = spec_.*path.stream;
    if (!stream || stream->kind != Stream::Kind::file)
      refuse_string("is a path of " + std::string(path.name) + ", which is of no kind file");
    set(stream->path, std::string(path.name) + ".path", std::move(value));
  }

  void set(std::optional<std::string>& field, const std::string& name, std::string value) {
    if (field) refuse_string("gives " + name + " a second time");
    field = std::move(value);
  }

  void finish() {
    if (commands_.empty()) return;
    if (commands_.size() != spec_.commands.size())
      throw InvalidSpec("spec.commands", "has " + std::to_string(spec_.commands.size()) +
                                             " entries where bytesFd gives " +
                                             std::to_string(commands_.size()) + " programs");
    for (std::size_t i = 0; i < commands_.size(); ++i) join(i);
  }

  void join(std::size_t index) {
    Command& beside = spec_.commands[index];
    const std::string field = "spec.commands[" + std::to_string(index) + "]";
    if (!beside.argv.empty())
      throw InvalidSpec(field + ".argv", "must be empty where bytesFd gives the arguments");
    if (beside.argv0 && commands_[index].argv0)
      throw InvalidSpec(field + ".argv0", "must be left out where bytesFd gives it");
    beside.argv = std::move(commands_[index].argv);
    if (commands_[index].argv0) beside.argv0 = std::move(commands_[index].argv0);
  }

  JobSpec& spec_;
  std::vector<Command> commands_;
  bool has_variables_ = false;
  std::size_t at_ = 0;
  std::size_t cost_ = 0;
};

}  // namespace

std::string take_spec_bytes(JobSpec& spec) {
  std::string bytes;
  for (Command& command : spec.commands) put_command(bytes, command);
  for (const auto& [name, value] : std::exchange(spec.environment, {}))
    put(bytes, kVariable, name + "=" + value);
  for (const Directory& directory : kDirectories) put_taken(bytes, directory.tag, spec.*directory.field);
  for (const StreamPath& path : kStreamPaths)
    if (std::optional<Stream>& stream = spec.*path.stream) put_taken(bytes, path.tag, stream->path);
  return bytes;
}

void give_spec_bytes(std::string_view bytes, JobSpec& spec) { Filler(spec).fill(bytes); }

}  // namespace coppice::api
