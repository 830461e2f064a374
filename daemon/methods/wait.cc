#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "config/errors.h"
#include "daemon/alarm.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

std::optional<std::chrono::milliseconds> read_timeout(const nlohmann::json& parameters) {
  const auto timeout = optional_int(parameters, "timeout");
  if (!timeout) return std::nullopt;
  if (*timeout < 0) throw config::InvalidSpec("timeout", "must be 0 or more milliseconds");
  return std::min(std::chrono::milliseconds(*timeout),
                  std::chrono::milliseconds(std::chrono::hours(24 * 366)));
}

}  // namespace

asio::awaitable<void> wait(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  const auto timeout = read_timeout(call.parameters());
  Alarm alarm(services.io, job->changed());
  if (timeout) alarm.set(*timeout);
  while (!job->over()) {
    if (alarm.gone_off()) throw timed_out();
    co_await job->changed().wait();
  }
  const bool unchecked = flag(call.parameters(), "unchecked");
  if (!unchecked && job->result().outcome != config::Outcome::succeeded) throw job_failed(*job);
  api::JsonText answer;
  answer.begin_object();
  answer.key("result");
  api::write(job->result(), answer);
  answer.end_object();
  co_await call.reply_text(answer.take());
}

}  // namespace coppice::daemon
