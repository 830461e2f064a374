// What a spawner does with each request but a launch.
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "process/keeper/identity.h"
#include "process/keeper/spawner_thread.h"

namespace coppice::process {
namespace {

// A signal number 0 that is not sent, only checked: EBADF or EINVAL for what is no pidfd. One that was reaped is one.
int check_pidfd(int fd) {
  if (::syscall(SYS_pidfd_send_signal, fd, 0, nullptr, 0) == 0) return 0;
  return errno == ESRCH || errno == EPERM ? 0 : errno;
}

}  // namespace

void Spawners::Thread::handle(const Received& received) {
  const auto request =
      decode_request(std::span(buffer_).first(received.size), descriptors_.size());
  if (request) {
    std::visit([this](const auto& message) { answer(message); }, *request);
  } else {
    // Not our supervisor. Both ends see the hang-up.
    all_.line_.hang_up();
  }
  descriptors_.clear();
}

void Spawners::Thread::answer(const Hello& hello) {
  if (hello.version != kProtocolVersion) return all_.line_.hang_up();
  Hello own;
  own.pid = static_cast<std::uint32_t>(::getpid());
  if (!all_.line_.tell(own)) return;
  // What changes from here on is told by whoever changes it, what has changed before is in the tables.
  if (!all_.line_.note_greeting()) hand_over();
}

void Spawners::Thread::hand_over() {
  bool heard = true;
  all_.boxes_.hand_over([&](const Held& held, std::span<const int> descriptors) {
    return heard = all_.line_.tell(held, descriptors);
  });
  for (const Report& state : all_.jobs_.states())
    if (!heard || !(heard = all_.line_.tell(state))) return;
  HandedOver end;
  end.last_key = all_.jobs_.last_key();
  end.restarts = all_.line_.restarts();
  all_.line_.send(end);
}

void Spawners::Thread::answer(const SignalRequest& request) {
  Signalled result;
  result.key = request.key;
  result.signal = request.signal;
  result.error =
      static_cast<std::uint32_t>(all_.jobs_.signal(request.key, static_cast<int>(request.signal)));
  all_.line_.send(result);
}

void Spawners::Thread::answer(const AdoptRequest& request) {
  UniqueFd pidfd = std::move(descriptors_[kPidfdIndex]);
  UniqueFd pen;
  if (request.has_pen != 0) pen = std::move(descriptors_[kAdoptedPenIndex]);
  if (const int error = check_pidfd(pidfd.get()); error != 0) return refuse(request.key, error);
  Launched launched;
  launched.key = request.key;
  launched.pid = request.pid;
  launched.identity = request.identity;
  launched.identity_kind = request.identity_kind;
  if (request.identity_kind == IdentityKind::none) {
    const Identity found = identify(static_cast<pid_t>(request.pid), pidfd.get());
    launched.identity = found.value;
    launched.identity_kind = found.kind;
  }
  const int watched = pidfd.get();
  const bool foreign = !is_child(watched);
  if (!all_.jobs_.adopt(launched, std::move(pidfd), std::move(pen), foreign)) {
    // A key is used once. What is there under it goes on.
    return all_.line_.send(failure_at(request.key, Step::record, EEXIST));
  }
  all_.line_.send(launched);
  watch_exit(request.key, watched, exit_events(foreign));
  if (foreign) all_.jobs_.set_watch(request.key, JobTable::Watch::foreign);
}

void Spawners::Thread::answer(const Forget& request) { all_.jobs_.forget(request.key); }

void Spawners::Thread::answer(const Hold& request) {
  if (!all_.boxes_.hold(request, std::move(descriptors_))) all_.line_.hang_up();
}

void Spawners::Thread::answer(const Drop& request) {
  if (!all_.boxes_.drop(request)) all_.line_.hang_up();
}

void Spawners::Thread::answer(const Serving&) {
  all_.line_.note_serving();
  // The loop may have a signal for it.
  all_.ring_bell();
}

void Spawners::Thread::answer(const Alive& request) {
  // Here, for the loop may be held up by the very supervisor that is silent; the answer is the loop's, as a sign of its own.
  all_.ports_.watchdog->heard();
  all_.line_.note_alive(request.number);
  all_.ring_bell();
}

void Spawners::Thread::answer(const Farewell& request) { all_.line_.note_farewell(request.mode); }

// We are out of descriptors: whoever asks for an answer gets that one.
void Spawners::Thread::refuse_truncated(const Received& received) {
  const auto packet = std::span(buffer_).first(received.size);
  std::optional<Request> request;
  for (std::size_t count = 1; count <= kMaxHeld && !request; ++count)
    request = decode_request(packet, count);
  if (!request) return;
  if (const auto* launching = std::get_if<LaunchRequest>(&*request)) {
    refuse(launching->key, EMFILE);
  } else if (const auto* adopting = std::get_if<AdoptRequest>(&*request)) {
    refuse(adopting->key, EMFILE);
  } else if (const auto* hold = std::get_if<Hold>(&*request)) {
    std::fputs("coppice-keeper: no descriptor is free: what it was to hold is lost\n", stderr);
    if (!all_.boxes_.skip(hold->number)) all_.line_.hang_up();
  }
}

void Spawners::Thread::refuse(Key key, int error) {
  if (!all_.jobs_.begin(key, {})) return;
  const Failed failure = failure_at(key, Step::record, error);
  all_.jobs_.not_started(key, failure);
  all_.line_.send(failure);
}

void Spawners::Thread::watch_exit(Key key, int pidfd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  if (::epoll_ctl(all_.ports_.epoll, EPOLL_CTL_ADD, pidfd, &event) != 0)
    all_.jobs_.set_watch(key, JobTable::Watch::sweep);
}

}  // namespace coppice::process
