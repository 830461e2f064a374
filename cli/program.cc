#include "cli/program.h"

#include <unistd.h>

#include <clocale>
#include <exception>
#include <nlohmann/json.hpp>
#include <variant>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/trouble.h"
#include "cli/values.h"
#include "config/errors.h"
#include "ipc/varlink/client.h"

namespace coppice::cli {
namespace {

// Commands that end as a job does keep the low codes for the job.
bool ends_as_job(const Command& command) {
  return std::holds_alternative<RunOptions>(command) || std::holds_alternative<StartOptions>(command) ||
         std::holds_alternative<WaitOptions>(command) || std::holds_alternative<AttachOptions>(command);
}

void tell(const Context& context, const std::string& sentence, const std::string& error = "",
          const nlohmann::json& parameters = nlohmann::json::object()) {
  if (context.common.json)
    say_object({{"error", error}, {"parameters", parameters}, {"message", sentence}});
  else
    say(sentence);
}

int carry_out(const Context& context, const Command& command) {
  const int trouble = ends_as_job(command) ? kNoJob : kFailed;
  try {
    const int code = std::visit([&](const auto& options) { return execute(context, options); }, command);
    flush();
    return code;
  } catch (const varlink::MethodError& error) {
    tell(context, sentence_of(error), error.name(), error.parameters());
    return ends_as_job(command) ? exit_code_of_start_error(error) : kFailed;
  } catch (const varlink::Disconnected& error) {
    tell(context, std::string("the daemon is gone: ") + error.what());
  } catch (const config::InvalidSpec& error) {
    tell(context, std::string("the daemon's answer is not understood: ") + error.what());
  } catch (const nlohmann::json::exception& error) {
    tell(context, std::string("the daemon's answer is not understood: ") + error.what());
  } catch (const std::exception& error) {
    tell(context, error.what());
  }
  return trouble;
}

}  // namespace

int run_program(const std::vector<std::string>& arguments) {
  open_standard_descriptors();
  // Without the locale that it names the environment's wishes count for nothing: the C locale stays.
  static_cast<void>(std::setlocale(LC_CTYPE, ""));
  try {
    const std::variant<CommandLine, Answer> parsed = parse(arguments);
    if (const auto* answer = std::get_if<Answer>(&parsed)) {
      print(answer->text);
      flush();
      return kSuccess;
    }
    const auto& line = std::get<CommandLine>(parsed);
    const Context context{line.common, terminal_of(STDOUT_FILENO), terminal_of(STDERR_FILENO)};
    return carry_out(context, line.command);
  } catch (const UsageError& error) {
    say(error.what());
    return kUsage;
  } catch (const std::exception& error) {
    say(error.what());
    return kFailed;
  }
}

}  // namespace coppice::cli
