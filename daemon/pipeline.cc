#include "daemon/pipeline.h"

#include <algorithm>

#include "base/unique_fd.h"

namespace coppice::daemon {

using Phase = CommandProcess::Phase;

namespace {

bool is_pending(const CommandProcess& command) {
  return command.phase == Phase::launching || command.phase == Phase::running;
}

bool has_exited(const CommandProcess& command) { return command.phase == Phase::exited; }

}  // namespace

Pipeline::Pipeline(KeeperClient& keeper, Notifier& wake, std::size_t commands)
    : keeper_(keeper), commands_(commands) {
  for (CommandProcess& command : commands_) command.wake = &wake;
}

void Pipeline::launch(const process::Launch& launch, int pen, const CommandStreams& streams) {
  const UniqueFd record = process::seal(launch);
  keeper_.launch(commands_.at(launched_), record.get(), pen, streams.input, streams.output,
                 streams.error);
  ++launched_;
}

bool Pipeline::launching() const {
  return launched_ > 0 && commands_[launched_ - 1].phase == Phase::launching;
}

const std::optional<process::Failed>& Pipeline::failure() const {
  return commands_[launched_ - 1].failure;
}

bool Pipeline::has_run() const {
  return std::ranges::any_of(commands_, [](const CommandProcess& command) {
    return is_pending(command) || has_exited(command);
  });
}

bool Pipeline::pending() const { return std::ranges::any_of(commands_, is_pending); }

bool Pipeline::over() const { return std::ranges::all_of(commands_, has_exited); }

void Pipeline::signal(int signo) {
  for (const CommandProcess& command : commands_) keeper_.signal(command, signo);
}

std::vector<int> Pipeline::pids() const {
  std::vector<int> pids;
  for (const CommandProcess& command : commands_)
    if (command.pid > 0) pids.push_back(command.pid);
  return pids;
}

std::vector<std::optional<int>> Pipeline::statuses() const {
  std::vector<std::optional<int>> statuses;
  for (const CommandProcess& command : commands_)
    statuses.push_back(command.exited ? std::optional<int>(command.exited->status) : std::nullopt);
  return statuses;
}

void Pipeline::forget() {
  for (CommandProcess& command : commands_) keeper_.forget(command);
}

void Pipeline::start_over() {
  forget();
  for (CommandProcess& command : commands_) {
    Notifier* const wake = command.wake;
    command = CommandProcess();
    command.wake = wake;
  }
  launched_ = 0;
}

}  // namespace coppice::daemon
