#include "daemon/pipeline.h"

#include <algorithm>

#include "base/unique_fd.h"
#include "daemon/process_identity.h"

namespace coppice::daemon {

using Phase = CommandProcess::Phase;

namespace {

bool is_pending(const CommandProcess& command) {
  return command.phase == Phase::launching || command.phase == Phase::running;
}

// Gone while nobody was there to see how.
HandedCommand ended_unknown(process::Key key, const MainProcess& main) {
  HandedCommand command;
  command.key = key;
  command.phase = Phase::exited;
  command.pid = main.pid;
  command.exited.emplace();
  command.exited->key = key;
  command.exited->known = 0;
  return command;
}

bool has_exited(const CommandProcess& command) { return command.phase == Phase::exited; }

}  // namespace

Pipeline::Pipeline(KeeperClient& keeper, Notifier& wake, std::size_t commands, process::Key first_key)
    : keeper_(keeper), first_key_(first_key), commands_(commands) {
  for (CommandProcess& command : commands_) command.wake = &wake;
}

void Pipeline::launch(const process::Launch& launch, int pen, const CommandStreams& streams) {
  const UniqueFd record = process::seal(launch);
  keeper_.launch(commands_.at(launched_), first_key_ + launched_, record.get(), pen, streams.input, streams.output,
                 streams.error);
  ++launched_;
}

void Pipeline::take_over(const InheritedCommand& command, int pen) {
  CommandProcess& process = commands_.at(launched_);
  const process::Key key = first_key_ + launched_;
  if (command.handed) {
    keeper_.adopt(process, *command.handed);
  } else if (command.pidfd) {
    const MainProcess& main = *command.main;
    const ProcessIdentity identity{static_cast<process::IdentityKind>(main.identity_kind), main.identity};
    keeper_.adopt_foreign(process, key, main.pid, identity, command.pidfd.get(), pen);
  } else {
    keeper_.adopt(process, ended_unknown(key, *command.main));
  }
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

std::vector<MainProcess> Pipeline::mains() const {
  std::vector<MainProcess> mains;
  for (const CommandProcess& command : commands_)
    if (command.pid > 0)
      mains.push_back({command.pid, command.identity.value, static_cast<std::uint32_t>(command.identity.kind)});
  return mains;
}

bool Pipeline::lost() const {
  return std::ranges::any_of(commands_, [](const CommandProcess& command) {
    return command.exited && command.exited->known == 0;
  });
}

std::vector<std::optional<int>> Pipeline::statuses() const {
  std::vector<std::optional<int>> statuses;
  for (const CommandProcess& command : commands_)
    statuses.push_back(command.exited && command.exited->known != 0 ? std::optional<int>(command.exited->status)
                                                                    : std::nullopt);
  return statuses;
}

void Pipeline::bequeath(int pen, Bequest& bequest) const {
  for (const CommandProcess& command : commands_) {
    process::KeptCommand kept;
    kept.key = command.key;
    kept.foreign = true;
    kept.pen = bequest.duplicate(pen);
    kept.launched.key = command.key;
    kept.launched.pid = static_cast<std::uint32_t>(command.pid);
    kept.launched.identity = command.identity.value;
    kept.launched.identity_kind = command.identity.kind;
    if (command.phase == Phase::running) {
      const MainProcess main{command.pid, command.identity.value, static_cast<std::uint32_t>(command.identity.kind)};
      const UniqueFd pidfd = open_process(main);
      kept.pidfd = pidfd ? bequest.duplicate(pidfd.get()) : -1;
      kept.over = kept.pidfd < 0;
      if (kept.over) kept.report = *ended_unknown(command.key, main).exited;
    } else if (command.phase == Phase::exited) {
      kept.over = true;
      kept.report = *command.exited;
    } else {
      continue;
    }
    bequest.handover.commands.push_back(std::move(kept));
  }
}

void Pipeline::forget() {
  for (CommandProcess& command : commands_) keeper_.forget(command);
}

void Pipeline::start_over(process::Key first_key) {
  forget();
  first_key_ = first_key;
  for (CommandProcess& command : commands_) {
    Notifier* const wake = command.wake;
    command = CommandProcess();
    command.wake = wake;
  }
  launched_ = 0;
}

}  // namespace coppice::daemon
