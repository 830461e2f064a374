// coppice attach
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/attachment.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/job_ending.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
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

// The exit code of one who parted before the end; nothing at the end. `wish` is that of who comes back afterwards.
std::optional<int> look(const Target& target, const json& reference, const json& job, AttachWish& wish) {
  Interrupts interrupts;
  Attachment attachment(target, reference, wish, interrupts);
  const Attachment::Parting parting = attachment.run();
  wish.take = attachment.writer();
  switch (parting) {
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

// The result. Nothing, once the daemon is back, when the connection broke: the terminal may not have ended at all.
std::optional<json> result_of(PersistentClient& client, const json& reference) {
  try {
    return client.call_once(api::method::kWait, {{"job", reference}, {"unchecked", true}}).at("result");
  } catch (const varlink::Unintelligible&) {
    throw;
  } catch (const varlink::Disconnected&) {
    client.reconnect();
    return std::nullopt;
  }
}

}  // namespace

int execute(const Context& context, const AttachOptions& options) {
  require_terminal("coppice attach", "coppice logs -f " + printable(options.job) + " shows what it writes without one");
  // A terminal that went away must not end us before it is given back.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const Target target = target_of(context.common);
  PersistentClient client(target);
  const json job = find_job(client, options.job);
  const json reference = {{"id", job.at("id")}};
  AttachWish wish = wish_of(options);
  for (bool again = false;; again = true) {
    try {
      if (const auto code = look(target, reference, job, wish)) return *code;
    } catch (const varlink::MethodError& error) {
      if (!again || error.name() != api::error::kWrongState) throw;
      // Its terminal ended while the daemon was away.
    } catch (const varlink::Unintelligible&) {
      throw;
    } catch (const varlink::Disconnected&) {
      // The daemon died again; the other connection tells.
    }
    if (const auto result = result_of(client, reference)) return tell_ending(context, true, job, *result);
  }
}

}  // namespace coppice::cli
