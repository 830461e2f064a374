#include "process/keeper/spawner_thread.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "process/async_signal.h"
#include "process/keeper/clone3.h"
#include "process/keeper/identity.h"

namespace coppice::process {
namespace {

// What clone3 says when the pen, and not the clone, is the trouble: a cgroup that is being or has been
// removed, one that may have no processes of its own, one that we may not write to.
bool blames_pen(int error) {
  return error == ENODEV || error == ENOENT || error == EBUSY || error == EOPNOTSUPP ||
         error == EACCES || error == EBADF;
}

bool is_unknown(int error) { return error == EINVAL || error == E2BIG || error == ENOSYS; }

}  // namespace

Failed failure_at(Key key, Step step, int error) {
  Failed failure;
  failure.key = key;
  failure.step = step;
  failure.error = static_cast<std::uint32_t>(error);
  return failure;
}

void Spawners::Thread::run() {
  become_ordinary();
  while (true) serve_line();
}

void Spawners::Thread::serve_line() {
  while (true) {
    const int line = all_.line_number_;
    const Received received =
        receive_packet(all_.line_.descriptor(), buffer_, descriptors_, Blocking::yes);
    switch (received.kind) {
      case Receive::packet:
        handle(received);
        break;
      case Receive::truncated:
        refuse_truncated(received);
        break;
      case Receive::would_block:
        break;
      case Receive::closed:
      case Receive::failed:
        return all_.await_line(seat_, line);
    }
  }
}

void Spawners::Thread::launch(const LaunchRequest& request) {
  const auto key = request.key;
  const int pen = request.has_pen != 0 ? descriptors_[kPenIndex].get() : -1;
  // The table owns the pen from here on, and keeps it for as long as this launch lasts. First of all: who takes the
  // state of things when nobody reads any more finds this key.
  UniqueFd owned = request.has_pen != 0 ? std::move(descriptors_[kPenIndex]) : UniqueFd();
  if (!all_.jobs_.begin(key, std::move(owned))) {
    // A key is used once. What is there under it goes on.
    return all_.line_.send(failure_at(key, Step::record, EEXIST));
  }
  const bool may_launch = all_.leave_reading(seat_);
  ChildPlan plan;
  Failed failure = may_launch ? prepare(request, pen, plan) : failure_at(key, Step::spawner, EAGAIN);
  Child child;
  const bool started = failure.error == 0 && clone(pen, plan, child, failure);
  // Before anybody is told: a copy of the job's standard output that stayed here would keep its log open.
  descriptors_.clear();
  set_slots(nullptr);
  if (started) {
    settle(key, plan, std::move(child));
  } else {
    all_.jobs_.not_started(key, failure);
    all_.line_.send(failure);
  }
  if (may_launch) all_.back_to_reading(seat_);
}

Failed Spawners::Thread::prepare(const LaunchRequest& request, int pen, ChildPlan& plan) {
  if (const int error = record_.read(descriptors_[kRecordIndex].get()))
    return failure_at(request.key, Step::record, error);
  const std::array streams{descriptors_[kStdioIndex].get(), descriptors_[kStdioIndex + 1].get(),
                           descriptors_[kStdioIndex + 2].get()};
  set_slots(streams.data());
  plan.record = &record_;
  plan.group_scratch = record_.scratch();
  plan.stdio = slot_;
  plan.descriptor_limit = all_.descriptor_limit_;
  plan.resets_oom_score = !record_.has(kRecordOomScore) && !all_.oom_score_->is_zero();
  if (!record_.has(kRecordSealed)) return failure_at(request.key, Step::clone, 0);
  // Without a pen there is nothing to root the namespace in.
  struct stat directory {};
  const int error = pen < 0 ? EINVAL : ::fstat(pen, &directory) != 0 ? errno : 0;
  plan.pen_inode = directory.st_ino;
  return failure_at(request.key, Step::cgroup_namespace, error);
}

bool Spawners::Thread::enters_by_clone(int pen) const {
  return pen >= 0 && all_.clones_into_pen_ && !record_.has(kRecordEnterPenByWrite);
}

bool Spawners::Thread::clone(int pen, ChildPlan& plan, Child& child, Failed& failure) {
  UniqueFd processes;
  while (true) {
    if (pen >= 0 && !enters_by_clone(pen) && !processes) {
      processes = UniqueFd(::openat(pen, "cgroup.procs", O_WRONLY | O_CLOEXEC));
      if (!processes) {
        failure = failure_at(failure.key, Step::pen, errno);
        return false;
      }
      plan.pen_processes = processes.get();
    }
    int pidfd = -1;
    const bool by_clone = enters_by_clone(pen);
    const bool clears = all_.clears_handlers_;
    const long result = try_clone(by_clone ? pen : -1, plan, pidfd);
    if (result > 0) {
      child.pid = static_cast<pid_t>(result);
      child.pidfd = UniqueFd(pidfd);
      return true;
    }
    const int error = static_cast<int>(-result);
    // 5.5 brought CLEAR_SIGHAND, 5.7 INTO_CGROUP. There is no handler to clear here, so going without
    // loses nothing.
    if (is_unknown(error) && clears) {
      all_.clears_handlers_ = false;
    } else if (is_unknown(error) && by_clone) {
      all_.clones_into_pen_ = false;
    } else {
      failure = failure_at(failure.key, by_clone && blames_pen(error) ? Step::pen : Step::clone, error);
      return false;
    }
  }
}

long Spawners::Thread::try_clone(int pen, ChildPlan& plan, int& pidfd) {
  clone_args args{};
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | CLONE_PARENT_SETTID;
  if (all_.clears_handlers_) args.flags |= CLONE_CLEAR_SIGHAND;
  if (pen >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(pen);
  }
  args.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  args.parent_tid = reinterpret_cast<std::uint64_t>(&seat_.newborn);
  args.exit_signal = SIGCHLD;
  args.stack = reinterpret_cast<std::uint64_t>(stack_.base());
  args.stack_size = stack_.size();
  // Kernels that do not know the last field take the struct without it.
  const std::size_t size = pen >= 0 ? CLONE_ARGS_SIZE_VER2 : CLONE_ARGS_SIZE_VER0;
  const async_signal::Scope scope;
  const long result = coppice_clone3(&args, size, run_child, &plan);
  stack_.clean();
  return result;
}

void Spawners::Thread::settle(Key key, const ChildPlan& plan, Child child) {
  const auto error = static_cast<int>(plan.report.error.load(std::memory_order_acquire));
  const auto step = step_from_number(plan.report.step.load()).value_or(Step::clone);
  const int pidfd = child.pidfd.get();
  if (error == 0 && step == Step::exec) {
    const Identity identity = identify(child.pid, pidfd);
    Launched launched;
    launched.key = key;
    launched.identity = identity.value;
    launched.identity_kind = identity.kind;
    launched.pid = static_cast<std::uint32_t>(child.pid);
    all_.jobs_.executed(launched, std::move(child.pidfd), seat_.newborn);
    all_.line_.send(launched);
  } else {
    // Without an error it was killed on its way.
    Failed failure = failure_at(key, step, error == 0 ? ECANCELED : error);
    failure.index = plan.report.index.load();
    all_.jobs_.child_failed(key, child.pid, std::move(child.pidfd), failure, seat_.newborn);
  }
  // Only now can its exit be told: after Launched. The loop alone closes the pidfd, and not before.
  watch_exit(key, pidfd, exit_events(false));
}

void Spawners::Thread::set_slots(const int* from) {
  for (int i = 0; i < 3; ++i)
    // Both are open and the slot is reserved: this cannot fail.
    static_cast<void>(::dup3(from ? from[i] : all_.placeholder_, slot_ + i, O_CLOEXEC));
}

}  // namespace coppice::process
