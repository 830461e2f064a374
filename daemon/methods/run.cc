#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/errors.h"
#include "daemon/errors.h"
#include "daemon/job_start.h"
#include "daemon/methods/log_piece.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/methods/tell_started.h"
#include "daemon/output/follow.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

// What a single reply carries at most unless the caller says otherwise, and whatever it says.
constexpr std::uint64_t kOutputMax = 64 * 1024;
constexpr std::uint64_t kOutputMaxCap = 8 * 1024 * 1024;

// The byte of each log that is the first to be told.
struct From {
  std::uint64_t output = 0;
  std::uint64_t error = 0;
};

std::uint64_t read_from(const json& parameters, const char* name) {
  const auto from = optional_int(parameters, name);
  if (from && *from < 0) throw config::InvalidSpec(name, "must be 0 or more bytes");
  return static_cast<std::uint64_t>(from.value_or(0));
}

asio::awaitable<void> tell_job(varlink::Call& call, const Job& job) {
  json answer = {{"job", api::to_json(*job.snapshot())}};
  co_await call.reply_more(std::move(answer));
}

// The ends of pipes are told with the start, and a plain Run tells nothing before the end.
void refuse_pipes(const json& spec) {
  for (const char* stream : {"input", "output", "error"}) {
    const auto found = spec.find(stream);
    if (found != spec.end() && found->is_object() && found->at("kind") == "pipe")
      throw config::InvalidSpec(std::string("spec.") + stream + ".kind",
                                "a plain Run cannot hand back a pipe before the job has ended: call Run with "
                                "`more`, or Start");
  }
}

asio::awaitable<void> await_over(std::shared_ptr<Job> job) {
  while (!job->over()) co_await job->changed().wait();
}

// Sends what one stream has now.
asio::awaitable<void> send_available(varlink::Call& call, LogReader& reader, const Log& log,
                                     const char* stream) {
  while (reader.offset() < log.size()) {
    const LogPiece piece = co_await reader.read(kPiece);
    if (piece.data.empty()) co_return;
    json answer = {{"stream", stream}, {"data", encode_bytes(piece.data)}};
    co_await call.reply_more(std::move(answer));
  }
}

asio::awaitable<void> await_either(Log& output, std::uint64_t output_offset, Log& error,
                                   std::uint64_t error_offset) {
  using namespace asio::experimental::awaitable_operators;
  auto first = output.wait_growth(output_offset);
  auto second = error.wait_growth(error_offset);
  auto either = std::move(first) || std::move(second);
  co_await std::move(either);
}

// Both streams as they come, until both have ended.
asio::awaitable<void> stream_both(varlink::Call& call, std::shared_ptr<Log> output,
                                  std::shared_ptr<Log> error, From from) {
  auto knowing_output = output->ready();
  co_await std::move(knowing_output);
  auto knowing_error = error->ready();
  co_await std::move(knowing_error);
  LogReader output_reader(output, from.output);
  LogReader error_reader(error, from.error);
  for (;;) {
    const bool last = output->ended() && error->ended();
    co_await send_available(call, output_reader, *output, "output");
    co_await send_available(call, error_reader, *error, "error");
    if (last) co_return;
    if (output->ended()) {
      co_await error->wait_growth(error_reader.offset());
    } else if (error->ended()) {
      co_await output->wait_growth(output_reader.offset());
    } else {
      co_await await_either(*output, output_reader.offset(), *error, error_reader.offset());
    }
  }
}

asio::awaitable<void> stream_one(varlink::Call& call, std::shared_ptr<Log> log, const char* stream,
                                 std::uint64_t from) {
  LogReader reader(log, from);
  for (;;) {
    const LogPiece piece = co_await reader.follow(kPiece);
    if (!piece.data.empty()) {
      json answer = {{"stream", stream}, {"data", encode_bytes(piece.data)}};
      co_await call.reply_more(std::move(answer));
    }
    if (piece.end) co_return;
  }
}

asio::awaitable<void> stream(varlink::Call& call, const Job& job, From from) {
  const Logs logs = job.logs();
  const bool separate = logs.error && logs.error != logs.output;
  if (logs.output && separate) {
    co_await stream_both(call, logs.output, logs.error, from);
  } else if (logs.output) {
    co_await stream_one(call, logs.output, "output", from.output);
  } else if (separate) {
    co_await stream_one(call, logs.error, "error", from.error);
  }
}

asio::awaitable<std::string> collect(std::shared_ptr<Log> log, std::uint64_t from, std::uint64_t max) {
  std::string data;
  if (!log) co_return data;
  LogReader reader(log, from);
  while (data.size() < max) {
    const LogPiece piece = co_await reader.read(max - data.size());
    if (piece.data.empty()) break;
    data += piece.data;
  }
  co_return data;
}

}  // namespace

asio::awaitable<void> run(varlink::Call& call, Services& services) {
  const bool unchecked = flag(call.parameters(), "unchecked");
  const std::uint64_t max =
      std::min(read_max(call.parameters(), "outputMax", kOutputMax), kOutputMaxCap);
  const From from{read_from(call.parameters(), "outputFrom"), read_from(call.parameters(), "errorFrom")};
  if (!call.more()) refuse_pipes(call.parameters().at("spec"));
  StartedJob started = co_await start_job(call, services, config::Lifetime::Bound::connection);
  const auto job = started.job;
  const bool queued = job->state() == config::State::queued;
  if (call.more()) {
    auto telling = tell_started(call, std::move(started), true);
    co_await std::move(telling);
  }
  if (queued) co_await await_start(job);
  if (call.more()) {
    if (queued && job->started()) co_await tell_job(call, *job);
    co_await stream(call, *job, from);
  }
  co_await await_over(job);
  if (!unchecked && job->result().outcome != config::Outcome::succeeded) throw job_failed(*job);
  api::JsonText answer;
  answer.begin_object();
  answer.key("result");
  api::write(job->result(), answer);
  if (!call.more()) {
    const std::string data = co_await collect(job->logs().output, from.output, max);
    answer.key("job");
    api::write(*job->snapshot(), answer);
    answer.key("stream");
    answer.text("output");
    answer.key("data");
    answer.text(encode_bytes(data));
  }
  answer.end_object();
  co_await call.reply_text(answer.take());
}

}  // namespace coppice::daemon
