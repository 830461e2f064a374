#include "cli/job_file/job_file.h"

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/job_file/document.h"
#include "cli/job_file/expected.h"
#include "cli/job_file/fault.h"
#include "cli/job_file/spellings.h"
#include "cli/text_file.h"
#include "cli/values.h"
#include "config/check.h"
#include "config/names.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"
#include "ipc/varlink/idl.h"

namespace coppice::cli {
namespace {

using config::JobSpec;
using config::Stream;

constexpr std::string_view kField = "spec.";

bool is_json(const std::string& path, const std::string& text) {
  if (path.ends_with(".toml")) return false;
  if (path.ends_with(".json")) return true;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

// One file on its way to a specification.
class Loader {
 public:
  Loader(const std::string& file, std::string directory) : file_(file), directory_(std::move(directory)) {}

  JobSpec load(const std::string& text) {
    read(text);
    replace();
    fit();
    JobSpec spec = convert();
    refuse_descriptors(spec);
    resolve(spec);
    spec.inherit_environment = spec.inherit_environment.value_or(true);
    check(spec);
    return spec;
  }

 private:
  [[noreturn]] void fail_at(const std::string& path, const std::string& reason) const {
    fail(file_, document_, path, reason);
  }

  [[noreturn]] void fail_for(const config::InvalidSpec& error) const {
    const std::string& field = error.field();
    fail_at(field.starts_with(kField) ? field.substr(kField.size()) : "", error.reason());
  }

  void read(const std::string& text) {
    try {
      document_ = is_json(file_, text) ? read_json(text) : read_toml(text);
    } catch (const SyntaxError& error) {
      fail(file_, error.at(), error.what());
    }
  }

  void replace() {
    std::string fault;
    try {
      replace_spellings(document_.value, fault);
    } catch (const UsageError& error) {
      fail_at(fault, error.what());
    }
  }

  void fit() {
    static const varlink::Interface interface = varlink::parse_interface(api::interface_text());
    nlohmann::json& value = document_.value;
    if (value.is_object() && !value.contains("commands")) value["commands"] = nlohmann::json::array();
    if (const auto mismatch = varlink::explain_mismatch(interface, *interface.find_type("JobSpec"), value))
      fail_at(mismatch->path, reason_of(interface, *mismatch));
  }

  JobSpec convert() const {
    try {
      return api::job_spec_from_json(document_.value);
    } catch (const config::InvalidSpec& error) {
      fail_for(error);
    }
  }

  void refuse_descriptors(const JobSpec& spec) const {
    constexpr char kReason[] = "a file has no descriptors to pass: ";
    using Kind = Stream::Kind;
    for (const auto& [stream, name] : streams(spec))
      if (*stream && ((*stream)->kind == Kind::fd || (*stream)->kind == Kind::pipe))
        fail_at(std::string(name) + ".kind",
                std::string(kReason) + "leave the stream out, or give it another kind");
    if (spec.bytes_fd) fail_at("bytesFd", std::string(kReason) + "give argv and environment");
    if (spec.lifetime && spec.lifetime->bound == config::Lifetime::Bound::process)
      fail_at("lifetime.bound", std::string(kReason) + "give detached, connection or lease");
  }

  template <typename Spec>
  static std::array<std::pair<decltype(&std::declval<Spec&>().input), const char*>, 3> streams(Spec& spec) {
    return {{{&spec.input, "input"}, {&spec.output, "output"}, {&spec.error, "error"}}};
  }

  // An empty path is for check() to refuse.
  static void resolve(std::optional<std::string>& path, const std::string& base) {
    if (!path || path->empty() || path->front() == '/') return;
    if (path->starts_with("./")) path->erase(0, 2);
    // No further tidying: what stands before ".." may be a symbolic link.
    path = path->empty() || *path == "." ? base : (std::filesystem::path(base) / *path).string();
  }

  void resolve(JobSpec& spec) const {
    resolve(spec.root_directory, directory_);
    const std::string base = spec.root_directory ? "/" : directory_;
    resolve(spec.base_directory, base);
    resolve(spec.working_directory, base);
    for (const auto& [stream, name] : streams(spec)) {
      static_cast<void>(name);
      if (*stream) resolve((*stream)->path, base);
    }
    if (!spec.base_directory && !spec.commands.empty()) spec.base_directory = base;
  }

  void check(JobSpec spec) const {
    if (spec.commands.empty()) spec.commands.push_back({{"true"}, std::nullopt});
    try {
      // The terminal itself may be asked for by an option (--tty).
      if (spec.terminal_size && !config::has_terminal(spec)) {
        config::check(*spec.terminal_size, "spec.terminalSize");
        spec.terminal_size.reset();
      }
      config::check(spec);
    } catch (const config::InvalidSpec& error) {
      fail_for(error);
    }
  }

  const std::string& file_;
  const std::string directory_;
  Document document_;
};

}  // namespace

JobSpec parse_job_file(const std::string& path, const std::string& text, const std::string& directory) {
  return Loader(path, directory).load(text);
}

JobSpec load_job_file(const std::string& path) {
  const std::string text = read_text_file(path);
  return parse_job_file(path, text, std::filesystem::absolute(path).parent_path().lexically_normal().string());
}

}  // namespace coppice::cli
