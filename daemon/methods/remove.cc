#include <nlohmann/json.hpp>
#include <utility>

#include "config/errors.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

// The ended jobs in memory that are meant.
std::vector<std::string> ended_before(const varlink::Call& call, const Services& services, std::int64_t before) {
  std::vector<std::string> ids;
  const auto wanted = services.jobs.select([&](const Job& job) {
    return services.access.may_touch(call.peer(), job.owner().uid) && job.over() && api::to_wire(job.result().ended_at) < before;
  });
  for (const auto& job : wanted) ids.push_back(job->id());
  return ids;
}

// In memory and in the history. If that fails the caller is told, and finds them in the history again.
asio::awaitable<std::size_t> forget(Services& services, std::vector<std::string> ids) {
  for (const auto& id : ids) {
    services.jobs.forget(id);
    services.chronicle.note_removed(id);
  }
  const std::size_t in_memory = ids.size();
  auto removing = services.history.remove(std::move(ids));
  co_await std::move(removing);
  co_return in_memory;
}

asio::awaitable<std::size_t> remove_one(varlink::Call& call, Services& services, nlohmann::json reference) {
  const auto job = co_await find_job(call, services, std::move(reference));
  if (!job->over()) throw wrong_state(job->state(), "the job has not ended; kill or stop it first");
  std::vector<std::string> ids(1, job->id());
  auto forgetting = forget(services, std::move(ids));
  co_return co_await std::move(forgetting);
}

asio::awaitable<std::size_t> remove_older(varlink::Call& call, Services& services, std::int64_t before) {
  auto forgetting = forget(services, ended_before(call, services, before));
  const std::size_t in_memory = co_await std::move(forgetting);
  const bool all = services.access.may_govern(call.peer());
  if (all) services.audit.tell(call, "Remove of the ended jobs of all users", Audit::Verdict::allowed);
  const auto owner = all ? std::nullopt : std::optional(call.peer().uid);
  auto removing = services.history.remove_before(before, owner);
  const std::size_t in_history = co_await std::move(removing);
  co_return in_memory + in_history;
}

}  // namespace

asio::awaitable<void> remove(varlink::Call& call, Services& services) {
  const auto& parameters = call.parameters();
  const auto reference = parameters.find("job");
  const bool one = reference != parameters.end() && !reference->is_null();
  const auto before = optional_int(parameters, "endedBefore");
  if (one == before.has_value())
    throw config::InvalidSpec("job", "name either a job or a time in `endedBefore`");
  auto removing = one ? remove_one(call, services, *reference) : remove_older(call, services, *before);
  const std::size_t removed = co_await std::move(removing);
  nlohmann::json answer = {{"removed", removed}};
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
