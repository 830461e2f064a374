#include <nlohmann/json.hpp>
#include <utility>

#include "config/errors.h"
#include "daemon/access.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/streams.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

std::vector<std::shared_ptr<Job>> to_remove(const varlink::Call& call, const Services& services) {
  const auto& parameters = call.parameters();
  const auto reference = parameters.find("job");
  const bool one = reference != parameters.end() && !reference->is_null();
  const auto before = optional_int(parameters, "endedBefore");
  if (one == before.has_value())
    throw config::InvalidSpec("job", "name either a job or a time in `endedBefore`");
  if (one) {
    auto job = find_job(call, services, *reference);
    if (!job->over()) throw wrong_state(job->state(), "the job has not ended; kill or stop it first");
    return {std::move(job)};
  }
  return services.jobs.select([&](const Job& job) {
    return may_touch(call.peer(), job.owner().uid) && job.over() &&
           api::to_wire(job.result().ended_at) < *before;
  });
}

}  // namespace

asio::awaitable<void> remove(varlink::Call& call, Services& services) {
  const auto jobs = to_remove(call, services);
  for (const auto& job : jobs) {
    remove_logs(job->logs());
    services.jobs.forget(*job);
  }
  nlohmann::json answer = {{"removed", jobs.size()}};
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
