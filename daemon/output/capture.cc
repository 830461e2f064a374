#include "daemon/output/capture.h"

#include <asio/steady_timer.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "daemon/output/pipe.h"
#include "daemon/output/pump.h"

namespace coppice::daemon {

std::shared_ptr<Capture> Capture::start(UniqueFd pipe, std::shared_ptr<Log> log) {
  auto capture = std::make_shared<Capture>(std::move(pipe), std::move(log));
  capture->watch();
  return capture;
}

std::shared_ptr<Capture> Capture::resume(UniqueFd pipe, std::shared_ptr<Log> log) {
  auto capture = std::make_shared<Capture>(std::move(pipe), std::move(log));
  // The writing thread does it before it takes anything.
  capture->log_->resume();
  capture->watch();
  return capture;
}

Capture::Capture(UniqueFd pipe, std::shared_ptr<Log> log)
    : log_(std::move(log)), pipe_(log_->output().control()) {
  // It throws before it owns anything.
  pipe_.assign(pipe.get());
  static_cast<void>(pipe.release());
}

Capture::~Capture() {
  if (log_->ended()) return;
  if (const auto pump = pump_.lock()) pump->abandon();
  log_->finish({});
}

void Capture::watch() {
  pipe_.async_wait(asio::posix::descriptor_base::wait_read,
                   [weak = weak_from_this()](const std::error_code& error) {
                     if (error) return;
                     if (const auto self = weak.lock()) self->readable();
                   });
}

void Capture::readable() {
  // It was handed over or closed while this was on its way.
  if (!pipe_.is_open()) return;
  const PipeState state = look_into(pipe_.native_handle());
  if (state.readable) return hand_over();
  if (state.at_end) return end_unused(true);
  watch();
}

void Capture::end_unused(bool complete) {
  std::error_code ignored;
  pipe_.close(ignored);
  Log::End end;
  end.complete = complete;
  log_->finish(end);
}

void Capture::hand_over() {
  log_->expect_file();
  UniqueFd pipe(pipe_.release());
  const auto pump = std::make_shared<Pump>(std::move(pipe), log_);
  pump->start();
  pump_ = pump;
}

int Capture::pipe() {
  if (pipe_.is_open()) return pipe_.native_handle();
  const auto pump = pump_.lock();
  return pump ? pump->pipe() : -1;
}

asio::awaitable<Log::End> Capture::drain(std::chrono::milliseconds bound) {
  if (pipe_.is_open()) {
    const PipeState state = look_into(pipe_.native_handle());
    if (state.readable)
      hand_over();
    else
      end_unused(state.at_end);
  }
  if (!log_->ended() || !log_->known()) {
    // None: its last message is under way.
    if (const auto pump = pump_.lock()) pump->drain();
    auto ended = wait_end(bound);
    co_await std::move(ended);
  }
  co_return log_->end();
}

asio::awaitable<void> Capture::wait_end(std::chrono::milliseconds bound) {
  asio::steady_timer timer(log_->output().control(), bound);
  timer.async_wait([log = log_, weak = pump_](const std::error_code& error) {
    if (error) return;
    if (const auto pump = weak.lock()) pump->abandon();
    Log::End late;
    late.error = ETIMEDOUT;
    log->finish(late);
    log->give_up();
  });
  co_await log_->wait_end();
}

}  // namespace coppice::daemon
