#include "process/keeper/job_table.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iterator>
#include <utility>

#include "process/keeper/pen_end.h"
#include "process/keeper/wait_status.h"

namespace coppice::process {
namespace {

// By pidfd where there is one: always, since the kernel gives one with the clone.
int send_signal(int pidfd, int signal) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0 ? 0 : errno;
}

}  // namespace

bool JobTable::begin(Key key, UniqueFd pen, std::vector<UniqueFd> held) {
  const std::lock_guard lock(mutex_);
  const auto [place, inserted] = jobs_.try_emplace(key);
  if (!inserted) return false;
  place->second.pen = std::move(pen);
  place->second.held = std::move(held);
  return true;
}

void JobTable::executed(Key key, pid_t pid, UniqueFd pidfd, pid_t& newborn) {
  const std::lock_guard lock(mutex_);
  Job& job = jobs_.at(key);
  job.phase = Phase::live;
  job.pid = pid;
  job.pidfd = std::move(pidfd);
  __atomic_store_n(&newborn, 0, __ATOMIC_RELEASE);
}

void JobTable::child_failed(Key key, pid_t pid, UniqueFd pidfd, const Failed& failure,
                            pid_t& newborn) {
  const std::lock_guard lock(mutex_);
  Job& job = jobs_.at(key);
  job.phase = Phase::dying;
  job.pid = pid;
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

void JobTable::set_unwatched(Key key) {
  const std::lock_guard lock(mutex_);
  jobs_.at(key).unwatched = true;
}

int JobTable::signal(Key key, int signal) {
  const std::lock_guard lock(mutex_);
  const auto place = jobs_.find(key);
  if (place == jobs_.end() || place->second.phase != Phase::live) return ESRCH;
  return send_signal(place->second.pidfd.get(), signal);
}

void JobTable::deposit(Key key, std::vector<UniqueFd> held) {
  const std::lock_guard lock(mutex_);
  const auto place = jobs_.find(key);
  if (place == jobs_.end()) return;
  auto& all = place->second.held;
  all.insert(all.end(), std::make_move_iterator(held.begin()), std::make_move_iterator(held.end()));
}

void JobTable::forget(Key key) {
  decltype(jobs_)::node_type gone;
  UniqueFd pen;
  std::vector<UniqueFd> held;
  const std::lock_guard lock(mutex_);
  const auto place = jobs_.find(key);
  if (place == jobs_.end()) return;
  Job& job = place->second;
  job.forgotten = true;
  if (job.phase == Phase::over) {
    gone = jobs_.extract(place);
  } else if (job.phase != Phase::launching) {  // a spawner uses them
    pen = std::move(job.pen);
    held = std::move(job.held);
  }
}

std::optional<Report> JobTable::reap(Key key) {
  decltype(jobs_)::node_type gone;
  UniqueFd pidfd;
  const std::lock_guard lock(mutex_);
  const auto place = jobs_.find(key);
  if (place == jobs_.end()) return std::nullopt;
  Job& job = place->second;
  if (job.phase != Phase::live && job.phase != Phase::dying) return std::nullopt;
  std::optional<Exited> exited = reap_pidfd(job.pidfd.get());
  if (!exited) return std::nullopt;

  exited->key = key;
  if (job.phase == Phase::live) job.report = *exited;
  job.phase = Phase::over;
  job.pid = 0;
  pidfd = std::move(job.pidfd);
  if (!job.forgotten) return job.report;
  gone = jobs_.extract(place);
  return std::nullopt;
}

std::optional<JobTable::SweptProcess> JobTable::sweep(
    const std::function<bool(pid_t)>& is_taken) {
  const std::lock_guard lock(mutex_);
  const pid_t pid = find_zombie();
  if (pid == 0) return std::nullopt;
  if (is_taken(pid)) return SweptProcess{Swept::elsewhere};
  for (const auto& [key, job] : jobs_)
    if (job.pid == pid) return SweptProcess{job.unwatched ? Swept::unwatched : Swept::watched, key};
  reap_pid(pid);
  return SweptProcess{Swept::orphan};
}

std::size_t JobTable::kill_running() {
  const std::lock_guard lock(mutex_);
  std::size_t running = 0;
  for (auto& [key, job] : jobs_) {
    if (job.forgotten) continue;
    // A pen outlives its main process: whoever is left in it goes too.
    if (job.pen) kill_pen(job.pen.get());
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
    if (job.pen) remove_pen(job.pen.get());
}

}  // namespace coppice::process
