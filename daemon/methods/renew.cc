#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/bond.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {

asio::awaitable<void> renew(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  if (job->over()) throw wrong_state(job->state(), "the job has ended");
  const auto bond = job->bond();
  if (!bond || !bond->expires_at())
    throw wrong_state(job->state(), "the job has no lease: give lifetime.bound lease at its start");
  const auto expires_at = bond->renew();
  if (!expires_at) throw wrong_state(job->state(), "its lease has run out");
  job->save_bond();
  nlohmann::json answer = {{"expiresAt", api::to_wire(*expires_at)}};
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
