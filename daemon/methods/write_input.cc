#include <nlohmann/json.hpp>
#include <utility>

#include "config/errors.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "ipc/api/escape.h"

namespace coppice::daemon {

asio::awaitable<void> write_input(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  const auto& parameters = call.parameters();
  auto data = api::base64_decode(parameters.at("data").get_ref<const std::string&>());
  if (!data) throw config::InvalidSpec("data", "is no base64 with padding (RFC 4648)");
  if (job->recalled()) throw wrong_state(job->state(), "the job has ended");
  if (!job->input())
    throw wrong_state(job->state(), "its input is not of kind data: start it with such an input (coppice start --stdin)");
  auto writing = job->input()->write(std::move(*data), flag(parameters, "close"));
  const InputFeed::Outcome outcome = co_await std::move(writing);
  if (outcome == InputFeed::Outcome::closed) throw wrong_state(job->state(), "its input has been closed");
  if (outcome == InputFeed::Outcome::crowded)
    throw exhausted("calls of WriteInput that wait for one job", InputFeed::kMaxWriters);
  nlohmann::json answer = {{"taken", outcome == InputFeed::Outcome::taken}};
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
