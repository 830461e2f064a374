#include "daemon/output/pump.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <asio/post.hpp>
#include <chrono>
#include <system_error>
#include <utility>

#include "daemon/output/pipe.h"

namespace coppice::daemon {
namespace {

std::int64_t now_in_microseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

void PumpReport::tell() const {
  subject->log->grew({first, begin, size.load(), config::Time(std::chrono::microseconds(at.load()))});
}

Pump::Pump(UniqueFd pipe, const std::shared_ptr<Log>& log)
    : control_(log->output().control()),
      writing_(log->writing()),
      subject_(std::make_shared<PumpSubject>(PumpSubject{log})),
      report_(std::make_shared<PumpReport>()),
      file_(log->file()),
      unregistered_(std::move(pipe)),
      pipe_(unregistered_.get()),
      descriptor_(writing_),
      retry_(writing_) {
  report_->subject = subject_;
}

void Pump::start() {
  asio::post(writing_, [self = shared_from_this()] { self->turn(); });
}

void Pump::drain() {
  asio::post(writing_, [self = shared_from_this()] { self->begin_drain(); });
}

void Pump::abandon() {
  asio::post(writing_, [self = shared_from_this()] {
    if (!self->finished_) self->finish(false);
  });
}

void Pump::begin_drain() {
  if (finished_ || draining_) return;
  int there = 0;
  // It cannot fail on a pipe; if it did, nothing more would be taken.
  static_cast<void>(::ioctl(pipe_, FIONREAD, &there));
  draining_ = true;
  left_ = static_cast<std::uint64_t>(there);
  turn();
}

void Pump::turn() {
  if (finished_) return;
  const std::size_t most = draining_ ? std::min<std::uint64_t>(left_, kTurn) : kTurn;
  const std::uint64_t before = file_->position();
  const LogFile::Pipe pipe = file_->take(pipe_, most);
  const std::uint64_t moved = file_->position() - before;
  if (moved > 0) tell_growth();
  if (draining_) {
    left_ -= std::min(left_, moved);
    if (left_ == 0 || pipe != LogFile::Pipe::has_more)
      return finish(pipe == LogFile::Pipe::ended || look_into(pipe_).at_end);
    return start();
  }
  if (pipe == LogFile::Pipe::ended) return finish(true);
  enlarge_pipe(moved);
  if (pipe == LogFile::Pipe::has_more) return start();
  wait();
}

void Pump::wait() {
  if (waiting_) return;
  if (unregistered_) {
    std::error_code error;
    descriptor_.assign(pipe_, error);
    if (error) return wait_later();
    static_cast<void>(unregistered_.release());
  }
  waiting_ = true;
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                         [self = shared_from_this()](const std::error_code& error) {
                           self->waiting_ = false;
                           if (!error) self->turn();
                         });
}

// The kernel had no memory for one more watched descriptor: the pipe holds the bytes meanwhile.
void Pump::wait_later() {
  waiting_ = true;
  retry_.expires_after(std::chrono::milliseconds(50));
  retry_.async_wait([self = shared_from_this()](const std::error_code& error) {
    self->waiting_ = false;
    if (!error) self->turn();
  });
}

void Pump::tell_growth() {
  if (report_->begin != file_->last()) {
    report_ = std::make_shared<PumpReport>();
    report_->subject = subject_;
    report_->first = file_->first();
    report_->begin = file_->last();
  }
  report_->size.store(file_->size());
  report_->at.store(now_in_microseconds());
  // A message that is under way clears the flag before it reads, so it reads the new values.
  if (report_->under_way.exchange(true)) return;
  asio::post(control_, [report = report_] {
    report->under_way.store(false);
    report->tell();
  });
}

void Pump::finish(bool ended) {
  finished_ = true;
  retry_.cancel();
  // Both close the pipe; a pending wait ends with operation_aborted.
  std::error_code ignored;
  descriptor_.close(ignored);
  unregistered_.reset();
  file_->close();
  Log::End end;
  end.discarded = file_->lost();
  end.error = file_->error();
  end.complete = ended && end.error == 0 && end.discarded == 0;
  // Behind all that was told about growth.
  asio::post(control_, [subject = subject_, end] {
    subject->log->finish(end);
    subject->log.reset();
  });
}

void Pump::enlarge_pipe(std::uint64_t moved) {
  constexpr std::uint64_t kDefaultPipe = 64 << 10;
  if (enlarged_ || moved < kDefaultPipe) return;
  enlarged_ = true;
  // EPERM past the user's allowance: the small pipe serves as well, only slower.
  static_cast<void>(::fcntl(pipe_, F_SETPIPE_SZ, kBusyPipe));
}

}  // namespace coppice::daemon
