// coppice start
#include <nlohmann/json.hpp>

#include "base/memory_file.h"
#include "cli/bound_process.h"
#include "cli/commands/start_job.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/random_key.h"
#include "cli/spec.h"
#include "cli/trouble.h"
#include "config/check.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"
#include "ipc/api/spec_bytes.h"

namespace coppice::cli {

using nlohmann::json;

namespace {

config::Stream stream_of(config::Stream::Kind kind) {
  config::Stream stream;
  stream.kind = kind;
  return stream;
}

// Where nothing else was asked for.
void detach(config::JobSpec& spec, config::Stream::Kind input) {
  using Kind = config::Stream::Kind;
  using Bound = config::Lifetime::Bound;
  const bool terminal = config::has_terminal(spec);
  if (terminal && input == Kind::data)
    throw Trouble("--stdin and a terminal exclude each other: what goes into a terminal is typed, see coppice attach");
  if (!terminal && !spec.input && (!spec.input_data || input == Kind::data)) spec.input = stream_of(input);
  if (!terminal && !spec.output) spec.output = stream_of(Kind::log);
  if (!spec.lifetime) spec.lifetime = config::Lifetime();
  if (spec.lifetime->bound == Bound::connection)
    throw Trouble(
        "a job whose lifetime is bound to the connection would end at once: say detached, or use coppice run");
}

}  // namespace

std::vector<int> SentSpec::descriptors() const {
  std::vector<int> list = {bytes.get()};
  if (process) list.push_back(process.get());
  return list;
}

SentSpec send_as(config::JobSpec spec, UniqueFd process, int index) {
  SentSpec sent;
  sent.bytes = sealed_memory_file("coppice-spec", api::take_spec_bytes(spec));
  spec.bytes_fd = index;
  if (process) spec.lifetime->fd = index + 1;
  sent.process = std::move(process);
  sent.json = api::to_json(spec);
  return sent;
}

int start_detached(const Context& context, const JobOptions& options, config::Stream::Kind input) {
  config::JobSpec spec = job_spec(options, caller_of_this_process());
  detach(spec, input);
  const SentSpec sent = send_as(std::move(spec), open_bound_process(options), 0);
  const Target target = target_of(context.common);
  PersistentClient client(target, connect_or_start(target));
  const json reply = client.call(api::method::kStart, {{"spec", sent.json}, {"key", random_key()}}, sent.descriptors());
  const json& job = reply.at("job");
  if (context.common.json)
    print_object(job);
  else
    print(job.at("id").get<std::string>() + "\n");
  return kSuccess;
}

int execute(const Context& context, const StartOptions& options) {
  using Kind = config::Stream::Kind;
  return start_detached(context, options.job, options.fed ? Kind::data : Kind::null);
}

}  // namespace coppice::cli
