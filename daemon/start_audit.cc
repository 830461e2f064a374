#include "daemon/start_audit.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "daemon/privileges.h"
#include "ipc/api/escape.h"

namespace coppice::daemon {
namespace {

std::string sentence(const varlink::Call& call, const config::JobSpec& spec, const std::vector<std::string>& fields,
                     const std::string& as) {
  std::string text = call.method().substr(call.method().rfind('.') + 1) + " of \"" +
                     api::escape_bytes(spec.commands.front().argv.front()) + "\"" + as;
  for (const std::string& field : fields) text += (&field == &fields.front() ? " with " : ", ") + field;
  return text;
}

// What the spec says of whom it runs as.
std::string named(const config::JobSpec& spec) {
  std::string as;
  if (spec.user) as += " as user " + api::escape_bytes(*spec.user);
  if (spec.group) as += " in group " + api::escape_bytes(*spec.group);
  if (spec.supplementary_groups) as += " with groups of its own";
  return as;
}

}  // namespace

void audit_start(Audit& audit, const varlink::Call& call, const config::JobSpec& spec, const RunAs& run_as) {
  const std::vector<std::string> fields = privileged_fields(spec, ::geteuid());
  const bool other = run_as.credentials && (run_as.credentials->uid != call.peer().uid ||
                                            run_as.credentials->gid != call.peer().gid || spec.supplementary_groups);
  if (!other && fields.empty()) return;
  audit.tell(call, sentence(call, spec, fields, other ? named(spec) : ""), Audit::Verdict::allowed);
}

void audit_denied_start(Audit& audit, const varlink::Call& call, const config::JobSpec& spec) {
  audit.tell(call, sentence(call, spec, privileged_fields(spec, ::geteuid()), named(spec)), Audit::Verdict::denied);
}

}  // namespace coppice::daemon
