// coppice attach
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/attachment.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/job_ending.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

AttachWish wish_of(const AttachOptions& options) {
  AttachWish wish;
  wish.read_only = options.read_only;
  wish.take = options.take;
  wish.detach_keys = options.detach_keys;
  wish.fresh_screen = true;
  return wish;
}

// The exit code of one who parted before the end; nothing at the end.
std::optional<int> look(const Target& target, const json& reference, const json& job, const AttachOptions& options) {
  Interrupts interrupts;
  Attachment attachment(target, reference, wish_of(options), interrupts);
  switch (attachment.run()) {
    case Attachment::Parting::called: return kSignalBase + interrupts.take();
    case Attachment::Parting::hung_up: return kSignalBase + SIGHUP;
    case Attachment::Parting::ended: return std::nullopt;
    case Attachment::Parting::detached: break;
  }
  // The cursor is wherever the job left it.
  print("\n");
  flush();
  say("left " + job_title(job) + " running; coppice attach comes back to it");
  return kSuccess;
}

}  // namespace

int execute(const Context& context, const AttachOptions& options) {
  require_terminal("coppice attach", "coppice logs -f " + printable(options.job) + " shows what it writes without one");
  // A terminal that went away must not end us before it is given back.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const Target target = target_of(context.common);
  varlink::Client client = connect(target);
  const json job = find_job(client, options.job);
  const json reference = {{"id", job.at("id")}};
  if (const auto code = look(target, reference, job, options)) return *code;
  const json reply = client.call(api::method::kWait, {{"job", reference}, {"unchecked", true}});
  return tell_ending(context, true, job, reply.at("result"));
}

}  // namespace coppice::cli
