#include "daemon/methods/tell_started.h"

#include <asio/error.hpp>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "ipc/api/codec.h"

namespace coppice::daemon {

asio::awaitable<void> tell_started(varlink::Call& call, StartedJob started, bool continues) {
  nlohmann::json answer = {{"job", api::to_json(*started.job->snapshot())}};
  std::vector<UniqueFd> descriptors = hand_over(std::move(started.ends), answer);
  const bool passes = !descriptors.empty();
  auto telling = continues ? call.reply_more(std::move(answer), std::move(descriptors))
                           : call.reply(std::move(answer), std::move(descriptors));
  try {
    co_await std::move(telling);
  } catch (const std::system_error& error) {
    // A caller that has left is another matter: the job's lifetime says what becomes of it.
    if (passes && error.code() != asio::error::operation_aborted) started.job->request_kill(EndCause::kill);
    throw;
  }
}

}  // namespace coppice::daemon
