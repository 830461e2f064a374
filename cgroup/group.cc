#include "cgroup/group.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include "base/errno_text.h"
#include "cgroup/files.h"
#include "cgroup/walk.h"
#include "process/info/pidfd.h"
#include "process/info/process_info.h"

namespace coppice::cgroup {
namespace {

// How many processes are referred to at a time, which is how many descriptors a signal to many takes.
constexpr std::size_t kBatch = 512;
// What listing the members takes at once.
constexpr std::size_t kSpare = 4;

// The processes whose threads are in a threaded cgroup, which has no list of processes.
void append_threaded(int directory, std::vector<pid_t>& members) {
  std::string text;
  if (read_file(directory, "cgroup.threads", text) != 0) return;
  std::vector<pid_t> threads;
  append_numbers(text, threads);
  for (const pid_t thread : threads)
    if (const auto process = process::read_thread_group(thread)) members.push_back(*process);
}

void append_members(int directory, const std::string& name, std::vector<pid_t>& members) {
  std::string text;
  const int error = read_file(directory, "cgroup.procs", text);
  if (error == EOPNOTSUPP) return append_threaded(directory, members);
  if (error != 0 && !means_gone(error)) throw errno_error("read cgroup.procs of", name, error);
  append_numbers(text, members);
}

struct Referred {
  pid_t pid;
  UniqueFd pidfd;
};

// Takes pids off the end of `pids`, as many as a batch or the descriptors allow.
std::vector<Referred> refer(std::vector<pid_t>& pids) {
  std::vector<Referred> batch;
  while (!pids.empty() && batch.size() < kBatch) {
    try {
      if (UniqueFd pidfd = process::open_pidfd(pids.back())) batch.push_back({pids.back(), std::move(pidfd)});
    } catch (const std::system_error&) {
      if (batch.size() <= kSpare) throw;
      for (std::size_t i = 0; i < kSpare; ++i, batch.pop_back()) pids.push_back(batch.back().pid);
      break;
    }
    pids.pop_back();
  }
  return batch;
}

}  // namespace

Group::Group(UniqueFd directory, std::string name) : directory_(std::move(directory)), name_(std::move(name)) {}

bool Group::write_switch(const char* file, char value) {
  if (gone()) return true;
  const int error = write_file(directory(), file, std::string_view(&value, 1));
  if (error == 0) return true;
  // A kernel that has no such file, or a group that has no files any more.
  if (error == ENOENT) return ::faccessat(directory(), "cgroup.procs", F_OK, 0) != 0;
  if (means_gone(error)) return true;
  throw errno_error(std::string("write ") + file + " of", name_, error);
}

Group Group::duplicate() const {
  if (gone()) return Group({}, name_);
  UniqueFd directory(::fcntl(directory_.get(), F_DUPFD_CLOEXEC, 0));
  if (!directory) throw errno_error("duplicate cgroup", name_, errno);
  return Group(std::move(directory), name_);
}

bool Group::freeze() { return write_switch("cgroup.freeze", '1'); }
bool Group::thaw() { return write_switch("cgroup.freeze", '0'); }
bool Group::kill() { return write_switch("cgroup.kill", '1'); }
std::size_t Group::kill_each() { return signal_all(SIGKILL); }

int Group::events() {
  // The first read arms it.
  if (!events_) static_cast<void>(populated());
  return events_.get();
}

bool Group::event(std::string_view key) {
  if (!gone() && !events_) {
    events_ = UniqueFd(::openat(directory(), "cgroup.events", O_RDONLY | O_CLOEXEC));
    if (!events_ && !means_gone(errno)) throw errno_error("open cgroup.events of", name_, errno);
  }
  if (!events_) return false;
  std::array<char, 256> text;
  ssize_t got = 0;
  do got = ::pread(events_.get(), text.data(), text.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got < 0 && !means_gone(errno)) throw errno_error("read cgroup.events of", name_, errno);
  if (got < 0) return false;
  return keyed_number({text.data(), static_cast<std::size_t>(got)}, key).value_or(0) != 0;
}

bool Group::populated() { return event("populated"); }
bool Group::frozen() { return event("frozen"); }

std::vector<pid_t> Group::members() const {
  std::vector<pid_t> members;
  if (gone()) return members;
  append_members(directory(), name_, members);
  walk_below(directory(), {.visit = [&](int below) { append_members(below, name_, members); }, .leave = {}});
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  // Processes of a PID namespace that we do not see are all called 0.
  if (!members.empty() && members.front() == 0) members.erase(members.begin());
  return members;
}

std::size_t Group::signal_all(int signal) {
  std::vector<pid_t> pids = members();
  std::size_t reached = 0;
  std::exception_ptr failure;
  while (!pids.empty()) {
    const std::vector<Referred> batch = refer(pids);
    // A number that is listed now, after it was referred to, is that process's or that process is gone:
    // either way the signal cannot reach a stranger.
    const std::vector<pid_t> still = members();
    for (const Referred& one : batch) try {
        if (std::binary_search(still.begin(), still.end(), one.pid) &&
            process::send_signal(one.pidfd.get(), signal))
          ++reached;
      } catch (const std::system_error&) {
        // One that is not ours to signal does not protect the others.
        failure = std::current_exception();
      }
  }
  if (failure) std::rethrow_exception(failure);
  return reached;
}

int Group::set(const char* file, std::string_view value) {
  return gone() ? ENODEV : write_file(directory(), file, value);
}

void Group::close() {
  events_.reset();
  directory_.reset();
}

}  // namespace coppice::cgroup
