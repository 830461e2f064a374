// Attach and Resize: what a viewer of a job's terminal asks for.
#include "daemon/terminal/terminal.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "config/check.h"
#include "config/errors.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/terminal/viewer.h"

namespace coppice::daemon {
namespace {

// Waits for a job that has not started yet.
asio::awaitable<std::shared_ptr<Terminal>> find_terminal(std::shared_ptr<Job> job) {
  if (job->recalled()) throw wrong_state(job->state(), "the job has ended");
  if (!config::has_terminal(job->spec()))
    throw wrong_state(job->state(), "it has no terminal: start it with one (coppice start --tty)");
  while (!job->start_settled() && !job->over()) co_await job->changed().wait();
  if (!job->terminal() || job->terminal()->ended()) throw wrong_state(job->state(), "its terminal has ended");
  co_return job->terminal();
}

// Any integers, as JSON has them, checked before they are narrowed.
config::TerminalSize read_size(const nlohmann::json& parameters, const std::string& field) {
  const auto bounded = [&](const char* name, int most) {
    const auto value = parameters.at(name).get<std::int64_t>();
    return value >= 1 && value <= most ? static_cast<int>(value) : 0;
  };
  const config::TerminalSize size{bounded("columns", config::cap::kTerminalColumns),
                                  bounded("rows", config::cap::kTerminalRows)};
  config::check(size, field);
  return size;
}

std::optional<config::TerminalSize> optional_size(const nlohmann::json& parameters) {
  const auto found = parameters.find("size");
  if (found == parameters.end() || found->is_null()) return std::nullopt;
  return read_size(*found, "size");
}

}  // namespace

asio::awaitable<void> resize(varlink::Call& call, Services& services) {
  auto job = co_await find_job(call, services);
  const config::TerminalSize size = read_size(call.parameters(), "");
  const auto terminal = co_await find_terminal(std::move(job));
  terminal->resize(size);
  nlohmann::json answer = nlohmann::json::object();
  co_await call.reply(std::move(answer));
}

asio::awaitable<void> attach(varlink::Call& call, Services& services) {
  if (!call.upgrade())
    throw config::InvalidSpec("upgrade", "must be set on the call: the connection becomes the terminal");
  auto job = co_await find_job(call, services);
  const auto size = optional_size(call.parameters());
  const bool read_only = flag(call.parameters(), "readOnly");
  const bool take = flag(call.parameters(), "take");
  if (read_only && take)
    throw config::InvalidSpec("take", "who only reads cannot take the keyboard: leave out readOnly or take");
  const auto terminal = co_await find_terminal(std::move(job));
  const auto viewer = terminal->admit(!read_only, take);
  if (!viewer) throw exhausted("viewers of one terminal", Terminal::kMaxViewers);
  if (viewer->has_keyboard() && size) terminal->resize(*size);
  nlohmann::json answer = {{"writer", viewer->has_keyboard()}};
  co_await call.reply(std::move(answer));
  UniqueFd socket = call.take_connection();
  auto serving = viewer->serve(std::move(socket));
  co_await std::move(serving);
}

}  // namespace coppice::daemon
