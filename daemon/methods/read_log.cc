#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/methods/find_log.h"
#include "daemon/methods/log_piece.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/output/follow.h"

namespace coppice::daemon {
namespace {

nlohmann::json answer_for(const LogPiece& piece) {
  return {{"data", encode_bytes(piece.data)},
          {"offset", piece.offset},
          {"at", piece.at.time_since_epoch().count()},
          {"end", piece.end}};
}

}  // namespace

asio::awaitable<void> read_log(varlink::Call& call, Services& services) {
  const auto job = find_job(call, services);
  const auto& parameters = call.parameters();
  const bool follow = flag(parameters, "follow");
  if (follow && !call.more()) throw varlink::expected_more();
  while (follow && job->state() == config::State::queued) co_await job->changed().wait();
  const auto log = find_log(*job, parameters);
  std::uint64_t left = read_max(parameters, "max", call.more() ? kNoMax : kPiece);
  LogReader reader(log, log->position(optional_int(parameters, "offset").value_or(0)));
  for (;;) {
    const std::size_t size = std::min<std::uint64_t>(left, kPiece);
    LogPiece piece;
    if (follow) {
      piece = co_await reader.follow(size);
    } else {
      piece = co_await reader.read(size);
    }
    left -= std::min<std::uint64_t>(left, piece.data.size());
    const bool last = !call.more() || piece.end || left == 0 || (!follow && reader.offset() >= log->size());
    nlohmann::json answer = answer_for(piece);
    if (last) {
      co_await call.reply(std::move(answer));
      co_return;
    }
    co_await call.reply_more(std::move(answer));
  }
}

}  // namespace coppice::daemon
