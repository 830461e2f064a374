#include "process/keeper/job_table.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "process/keeper/identity.h"
#include "process/keeper/wait_status.h"

namespace coppice::process {
namespace {

// Of more commands than that the pens rest: descriptors are scarce, and two times a microsecond is not.
constexpr std::size_t kOpenPens = 256;

// By pidfd where there is one: always, since the kernel gives one with the clone.
int send_signal(int pidfd, int signal) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0 ? 0 : errno;
}

}  // namespace

// 0: it has been reaped.
void JobTable::set_pid(Job& job, Key key, pid_t pid) {
  // Somebody else's child may be gone, and its number another's by now.
  if (const auto known = pids_.find(job.pid); known != pids_.end() && known->second == key) pids_.erase(known);
  job.pid = pid;
  if (pid != 0) pids_.insert_or_assign(pid, key);
}

bool JobTable::begin(Key key, UniqueFd pen) {
  const std::lock_guard lock(mutex_);
  const auto [place, inserted] = jobs_.try_emplace(key);
  if (!inserted) return false;
  place->second.pen = KeptPen(std::move(pen));
  last_key_ = std::max(last_key_, key);
  return true;
}

void JobTable::executed(const Launched& launched, UniqueFd pidfd, pid_t& newborn) {
  const std::lock_guard lock(mutex_);
  Job& job = jobs_.at(launched.key);
  job.phase = Phase::live;
  set_pid(job, launched.key, static_cast<pid_t>(launched.pid));
  job.launched = launched;
  job.pidfd = std::move(pidfd);
  if (jobs_.size() > kOpenPens) job.pen.rest();
  __atomic_store_n(&newborn, 0, __ATOMIC_RELEASE);
}

bool JobTable::adopt(const Launched& launched, UniqueFd pidfd, UniqueFd pen, bool foreign) {
  const std::lock_guard lock(mutex_);
  const auto [place, inserted] = jobs_.try_emplace(launched.key);
  if (!inserted) return false;
  Job& job = place->second;
  job.phase = Phase::live;
  job.foreign = foreign;
  set_pid(job, launched.key, static_cast<pid_t>(launched.pid));
  job.launched = launched;
  job.pidfd = std::move(pidfd);
  job.pen = KeptPen(std::move(pen));
  last_key_ = std::max(last_key_, launched.key);
  return true;
}

void JobTable::child_failed(Key key, pid_t pid, UniqueFd pidfd, const Failed& failure,
                            pid_t& newborn) {
  const std::lock_guard lock(mutex_);
  Job& job = jobs_.at(key);
  job.phase = Phase::dying;
  set_pid(job, key, pid);
  job.pidfd = std::move(pidfd);
  job.report = failure;
  __atomic_store_n(&newborn, 0, __ATOMIC_RELEASE);
}

void JobTable::not_started(Key key, const Failed& failure) {
  decltype(jobs_)::node_type gone;  // its descriptors are closed after the lock
  const std::lock_guard lock(mutex_);
  const auto place = jobs_.find(key);
  if (place == jobs_.end()) return;
  place->second.phase = Phase::over;
  place->second.report = failure;
  if (place->second.forgotten) gone = jobs_.extract(place);
}

void JobTable::set_watch(Key key, Watch watch) {
  const std::lock_guard lock(mutex_);
  // It may have been reaped and forgotten since.
  if (const auto place = jobs_.find(key); place != jobs_.end()) place->second.watch = watch;
  swept_for_mains_ = swept_for_mains_ || watch == Watch::sweep;
}

int JobTable::signal(Key key, int signal) {
  const std::lock_guard lock(mutex_);
  const auto place = jobs_.find(key);
  if (place == jobs_.end() || place->second.phase != Phase::live) return ESRCH;
  return send_signal(place->second.pidfd.get(), signal);
}

void JobTable::forget(Key key) {
  decltype(jobs_)::node_type gone;
  KeptPen pen;
  const std::lock_guard lock(mutex_);
  const auto place = jobs_.find(key);
  if (place == jobs_.end()) return;
  Job& job = place->second;
  job.forgotten = true;
  if (job.phase == Phase::over) {
    gone = jobs_.extract(place);
  } else if (job.phase != Phase::launching) {  // a spawner uses it
    pen = std::move(job.pen);
  }
}

std::vector<Report> JobTable::states() const {
  const std::lock_guard lock(mutex_);
  std::vector<Report> all;
  all.reserve(2 * jobs_.size());
  for (const auto& [key, job] : jobs_) {
    if (job.forgotten) continue;
    // A start that failed and is not over yet has not been told: it counts as launching.
    if (job.phase == Phase::launching || job.phase == Phase::dying) all.emplace_back(Launching{key});
    if (job.launched.key != 0) all.emplace_back(job.launched);
    if (job.phase == Phase::over) all.push_back(job.report);
  }
  return all;
}

Key JobTable::last_key() const {
  const std::lock_guard lock(mutex_);
  return last_key_;
}

// A foreign process may have become our child, as an orphan.
std::optional<Exited> JobTable::collect(const Job& job) {
  if (auto exited = reap_pidfd(job.pidfd.get())) return exited;
  if (!job.foreign || !has_been_reaped(job.pidfd.get())) return std::nullopt;
  Exited exited;
  const auto status = read_exit_status(job.pidfd.get());
  exited.status = status.value_or(0);
  exited.known = status ? 1 : 0;
  return exited;
}

std::optional<Report> JobTable::reap(Key key) {
  decltype(jobs_)::node_type gone;
  UniqueFd pidfd;
  const std::lock_guard lock(mutex_);
  const auto place = jobs_.find(key);
  if (place == jobs_.end()) return std::nullopt;
  Job& job = place->second;
  if (job.phase != Phase::live && job.phase != Phase::dying) return std::nullopt;
  std::optional<Exited> exited = collect(job);
  if (!exited) return std::nullopt;

  exited->key = key;
  if (job.phase == Phase::live) job.report = *exited;
  job.phase = Phase::over;
  set_pid(job, key, 0);
  pidfd = std::move(job.pidfd);
  if (!job.forgotten) return job.report;
  gone = jobs_.extract(place);
  return std::nullopt;
}

std::optional<JobTable::SweptProcess> JobTable::sweep(
    const std::function<bool(pid_t)>& is_taken) {
  const std::lock_guard lock(mutex_);
  pid_t pid = find_zombie(Parent::thread);
  if (pid == 0 && swept_for_mains_) pid = find_zombie(Parent::process);
  if (pid == 0) return std::nullopt;
  if (is_taken(pid)) return SweptProcess{Swept::elsewhere};
  if (const auto known = pids_.find(pid); known != pids_.end())
    return SweptProcess{jobs_.at(known->second).watch == Watch::events ? Swept::watched : Swept::unwatched, known->second};
  reap_pid(pid);
  return SweptProcess{Swept::orphan};
}

std::optional<std::vector<KeptCommand>> JobTable::keep() {
  const std::lock_guard lock(mutex_);
  std::vector<KeptCommand> all;
  for (auto& [key, job] : jobs_) {
    if (job.phase == Phase::launching || job.phase == Phase::dying) return std::nullopt;
    // It ends as an orphan.
    if (job.forgotten) continue;
    all.push_back({key, job.phase == Phase::over, job.foreign, job.pidfd.get(), job.pen.open(), job.launched, job.report});
  }
  return all;
}

void JobTable::restore(const KeptCommand& command) {
  const std::lock_guard lock(mutex_);
  Job& job = jobs_[command.key];
  job.phase = command.over ? Phase::over : Phase::live;
  job.foreign = command.foreign;
  job.watch = command.foreign ? Watch::foreign : Watch::events;
  set_pid(job, command.key, command.over ? 0 : static_cast<pid_t>(command.launched.pid));
  job.pidfd = UniqueFd(command.pidfd);
  job.pen = KeptPen(UniqueFd(command.pen));
  if (jobs_.size() > kOpenPens) job.pen.rest();
  job.launched = command.launched;
  job.report = command.report;
}

void JobTable::raise_last_key(Key key) {
  const std::lock_guard lock(mutex_);
  last_key_ = std::max(last_key_, key);
}

std::size_t JobTable::kill_running() {
  const std::lock_guard lock(mutex_);
  std::size_t running = 0;
  for (auto& [key, job] : jobs_) {
    if (job.forgotten) continue;
    // A pen outlives its main process: whoever is left in it goes too.
    if (job.pen) job.pen.kill();
    if (job.phase == Phase::over) continue;
    ++running;
    if (job.pidfd) send_signal(job.pidfd.get(), SIGKILL);
  }
  return running;
}

std::size_t JobTable::size() const {
  const std::lock_guard lock(mutex_);
  std::size_t kept = 0;
  // What has been forgotten but runs on is the supervisor's decision, and not watched over here.
  for (const auto& [key, job] : jobs_) kept += job.forgotten ? 0 : 1;
  return kept;
}

void JobTable::remove_pens() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, job] : jobs_)
    if (job.pen) job.pen.remove();
}

}  // namespace coppice::process
