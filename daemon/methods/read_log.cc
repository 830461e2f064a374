#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/errors.h"
#include "daemon/methods/find_log.h"
#include "daemon/methods/log_piece.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/output/follow.h"
#include "daemon/output/tail.h"
#include "daemon/output/times.h"

namespace coppice::daemon {
namespace {

nlohmann::json answer_for(const LogPiece& piece) {
  return {{"data", encode_bytes(piece.data)},
          {"offset", piece.offset},
          {"at", piece.at.time_since_epoch().count()},
          {"end", piece.end}};
}

// Where to begin: at a byte, or at the last lines and not before a time.
asio::awaitable<std::uint64_t> find_start(const nlohmann::json& parameters, std::shared_ptr<Log> log) {
  const auto offset = optional_int(parameters, "offset");
  const auto since = optional_int(parameters, "since");
  const auto tail = optional_int(parameters, "tail");
  if (offset && (since || tail)) throw config::InvalidSpec("offset", "give either offset, or since and tail");
  if (tail && *tail < 0) throw config::InvalidSpec("tail", "must be 0 or more lines");
  auto knowing = log->ready();
  co_await std::move(knowing);
  std::uint64_t start = log->position(offset.value_or(0));
  if (since) {
    auto finding = find_since(log, config::Time(std::chrono::microseconds(*since)));
    start = co_await std::move(finding);
  }
  if (tail) {
    auto finding = find_tail(log, static_cast<std::uint64_t>(*tail));
    start = std::max(start, co_await std::move(finding));
  }
  co_return start;
}

}  // namespace

asio::awaitable<void> read_log(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  const auto& parameters = call.parameters();
  const bool follow = flag(parameters, "follow");
  if (follow && !call.more()) throw varlink::expected_more();
  while (follow && job->state() == config::State::queued) co_await job->changed().wait();
  const auto log = find_log(*job, parameters);
  std::uint64_t left = read_max(parameters, "max", call.more() ? kNoMax : kPiece);
  auto starting = find_start(parameters, log);
  const std::uint64_t start = co_await std::move(starting);
  LogReader reader(log, start, flag(parameters, "timed") ? LogReader::Pieces::timed : LogReader::Pieces::large);
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
