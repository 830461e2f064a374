#include "daemon/journal/stream.h"

#include <utility>

#include "daemon/alarm.h"

namespace coppice::daemon {

JournalStream::JournalStream(Journal& journal, UniqueFd pipe, std::string common)
    : journal_(journal),
      end_(std::make_shared<JournalEnd>(journal.control())),
      pump_(std::make_shared<JournalPump>(journal, std::move(pipe), std::move(common), end_)) {
  pump_->start();
}

JournalStream::~JournalStream() {
  if (!end_->reached) pump_->drain();
}

asio::awaitable<std::uint64_t> JournalStream::drain(std::chrono::milliseconds bound) {
  pump_->drain();
  Alarm late(journal_.control(), end_->changed);
  late.set(bound);
  while (!end_->reached && !late.gone_off()) co_await end_->changed.wait();
  co_return end_->lost;
}

}  // namespace coppice::daemon
