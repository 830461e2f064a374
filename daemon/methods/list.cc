// List and History.
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/methods/job_filter.h"
#include "daemon/methods/job_sequence.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/process_view.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

// The latest are the ones of interest, and the first of them is told first: where that one is, is found out from the
// other end.
asio::awaitable<std::string> first_of_latest(Services& services, JobFilter filter, std::int64_t most) {
  JobSequence::Options options;
  options.newest_first = true;
  options.ids_only = true;
  JobSequence backwards(services, filter, options);
  std::string first;
  for (std::int64_t count = 0; count < most; ++count) {
    auto taking = backwards.next();
    auto entry = co_await std::move(taking);
    if (!entry) co_return "";
    first = std::move(entry->id);
  }
  co_return first;
}

}  // namespace

asio::awaitable<void> list(varlink::Call& call, Services& services) {
  const auto reference = call.parameters().find("job");
  if (reference != call.parameters().end() && !reference->is_null()) {
    const auto job = co_await find_job(call, services, *reference);
    nlohmann::json answer = {{"job", api::to_json(*job->snapshot())}};
    if (flag(call.parameters(), "usage"))
      if (const auto used = usage_now(*job)) answer["job"]["usage"] = api::to_json(*used);
    co_await call.reply(std::move(answer));
    co_return;
  }
  if (!call.more()) throw varlink::expected_more();
  const JobFilter filter = read_filter(call, services.access);
  JobSequence::Options options;
  if (filter.limit) {
    auto looking = first_of_latest(services, filter, *filter.limit);
    options.least_id = co_await std::move(looking);
  }
  JobSequence jobs(services, filter, options);
  // One that was started meanwhile is one too many.
  const JobReplies replies{filter.limit, flag(call.parameters(), "usage")};
  co_await reply_jobs(call, services, jobs, replies);
}

asio::awaitable<void> history(varlink::Call& call, Services& services) {
  if (!call.more()) throw varlink::expected_more();
  JobFilter filter = read_filter(call, services.access);
  filter.states = {config::State::ended};
  JobSequence::Options options;
  options.newest_first = true;
  JobSequence jobs(services, filter, options);
  const JobReplies replies{filter.limit};
  co_await reply_jobs(call, services, jobs, replies);
}

}  // namespace coppice::daemon
