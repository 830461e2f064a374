#include "daemon/alarm.h"

namespace coppice::daemon {

Alarm::Alarm(asio::io_context& context, Notifier& notifier)
    : context_(context), notifier_(notifier) {}

Alarm::~Alarm() { cancel(); }

void Alarm::set(std::chrono::steady_clock::duration delay) {
  cancel();
  armed_ = std::make_shared<bool>(true);
  if (!timer_) timer_ = std::make_unique<asio::steady_timer>(context_);
  timer_->expires_after(delay);
  timer_->async_wait([this, armed = armed_](const std::error_code&) {
    // `this` may be gone unless it still counts on this very wait.
    if (!*armed) return;
    *armed = false;
    gone_off_ = true;
    notifier_.notify_all();
  });
}

void Alarm::cancel() {
  gone_off_ = false;
  if (!armed_ || !*armed_) return;
  *armed_ = false;
  timer_->cancel();
}

}  // namespace coppice::daemon
