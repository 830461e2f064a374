// Stop and Kill: what makes jobs end.
#include <nlohmann/json.hpp>
#include <utility>

#include "config/check.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/stop_policy.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;
using Jobs = std::vector<std::shared_ptr<Job>>;

// A tree in uninterruptible sleep ends when the kernel lets it; the caller is told now (K8).
asio::awaitable<void> await_end(std::shared_ptr<Job> job) {
  while (!job->over()) {
    if (!job->receipt().stuck().empty()) throw still_dying(*job);
    co_await job->changed().wait();
  }
}

// So that no job of a slice sees another one die (K3, K9): each is killed as if it were one tree with the others.
void halt(const Jobs& jobs) {
  for (const auto& job : jobs) {
    if (!job->control()) continue;
    try {
      job->control()->pen().freeze();
    } catch (const std::exception&) {
      // A shortage. It is frozen again, and in any case killed, by itself.
    }
  }
}

void write_results(const Jobs& jobs, api::JsonText& answer) {
  answer.key("results");
  answer.begin_object();
  for (const auto& job : jobs) {
    answer.key(job->id());
    api::write(job->result(), answer);
  }
  answer.end_object();
}

void write_killed(const Jobs& jobs, api::JsonText& answer) {
  answer.key("killed");
  answer.begin_array();
  for (const auto& job : jobs)
    for (const config::Process& process : job->receipt().found())
      if (process.killed.value_or(false)) api::write(process, answer);
  answer.end_array();
}

config::Stopping asked_stopping(const json& parameters) {
  const auto found = parameters.find("stopping");
  if (found == parameters.end() || found->is_null()) return {};
  config::Stopping stopping = api::stopping_from_json(*found);
  config::check(stopping, "stopping");
  return stopping;
}

}  // namespace

asio::awaitable<void> stop(varlink::Call& call, Services& services) {
  const Jobs jobs = co_await find_targets(call, services);
  const config::Stopping asked = asked_stopping(call.parameters());
  for (const auto& job : jobs) job->request_stop(stop_request(job->spec(), asked, EndCause::stop));
  for (const auto& job : jobs) co_await await_end(job);
  api::JsonText answer;
  answer.begin_object();
  write_results(jobs, answer);
  answer.end_object();
  co_await call.reply_text(answer.take());
}

asio::awaitable<void> kill(varlink::Call& call, Services& services) {
  const Jobs jobs = co_await find_targets(call, services);
  if (jobs.size() > 1) halt(jobs);
  for (const auto& job : jobs) job->request_kill(EndCause::kill);
  for (const auto& job : jobs) co_await await_end(job);
  api::JsonText answer;
  answer.begin_object();
  write_killed(jobs, answer);
  write_results(jobs, answer);
  answer.end_object();
  co_await call.reply_text(answer.take());
}

}  // namespace coppice::daemon
