#include <nlohmann/json.hpp>

#include "daemon/methods/methods.h"
#include "ipc/api/interface.h"

namespace coppice::daemon {

void require_manager(const varlink::Call& call, Services& services, const std::string& who) {
  const bool may = services.access.may_manage(call.peer());
  services.audit.tell(call, call.method(), may ? Audit::Verdict::allowed : Audit::Verdict::denied);
  if (!may) throw varlink::MethodError(api::error::kGoverningDenied, {{"reason", who}});
}

}  // namespace coppice::daemon
