#include "bench/load.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "base/errno_text.h"
#include "bench/calls.h"
#include "bench/wire.h"

namespace coppice::bench {
namespace {

void check_answer(std::string_view answer, const std::string& expected) {
  if (answer.find(expected) == std::string_view::npos)
    throw std::runtime_error("the daemon answers " + std::string(answer.substr(0, 2000)));
}

// Without epoll: a client of one connection does not need it.
Series call_in_turn(const DaemonProcess& daemon, const std::string& call, const std::string& expected, int count) {
  Wire wire(daemon.socket());
  Series series;
  series.each.reserve(static_cast<std::size_t>(count));
  const auto begin = Clock::now();
  for (int i = 0; i < count; ++i) {
    const auto before = Clock::now();
    const std::string_view answer = wire.exchange(call);
    series.each.push_back(Clock::now() - before);
    check_answer(answer, expected);
  }
  series.whole = Clock::now() - begin;
  return series;
}

struct Lane {
  Wire wire;
  Clock::time_point sent;
};

class Lanes {
 public:
  Lanes(const DaemonProcess& daemon, const std::string& call, const std::string& expected, int count)
      : call_(call), expected_(expected), left_(count), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw errno_error("epoll_create1", "", errno);
    series_.each.reserve(static_cast<std::size_t>(count));
    socket_ = daemon.socket();
  }

  Series run(int in_flight) {
    lanes_.reserve(static_cast<std::size_t>(in_flight));
    for (int i = 0; i < in_flight; ++i) open();
    const auto begin = Clock::now();
    for (Lane& lane : lanes_) begin_next(lane);
    while (under_way_ > 0) attend();
    series_.whole = Clock::now() - begin;
    return std::move(series_);
  }

 private:
  void open() {
    lanes_.push_back({Wire(socket_), {}});
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = lanes_.size() - 1;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, lanes_.back().wire.descriptor(), &event) != 0)
      throw errno_error("epoll_ctl", "", errno);
  }

  void begin_next(Lane& lane) {
    if (left_ == 0) return;
    --left_;
    ++under_way_;
    lane.sent = Clock::now();
    lane.wire.send(call_);
  }

  void attend() {
    epoll_event events[64];
    const int ready = ::epoll_wait(epoll_.get(), events, 64, -1);
    if (ready < 0 && errno != EINTR) throw errno_error("epoll_wait", "", errno);
    for (int i = 0; i < ready; ++i) {
      Lane& lane = lanes_[events[i].data.u64];
      if (!lane.wire.read_some()) continue;
      series_.each.push_back(Clock::now() - lane.sent);
      --under_way_;
      check_answer(lane.wire.receive(), expected_);
      begin_next(lane);
    }
  }

  std::string socket_;
  const std::string& call_;
  const std::string& expected_;
  int left_;
  int under_way_ = 0;
  UniqueFd epoll_;
  std::vector<Lane> lanes_;
  Series series_;
};

}  // namespace

Series make_calls(const DaemonProcess& daemon, const std::string& call, const std::string& expected, int count,
                  int in_flight) {
  if (in_flight == 1) return call_in_turn(daemon, call, expected, count);
  return Lanes(daemon, call, expected, count).run(std::min(count, in_flight));
}

Series run_jobs(const DaemonProcess& daemon, const std::string& program, const char* output, int count,
                int in_flight) {
  return make_calls(daemon, run_call(spec_of({program}, output)), kSucceeded, count, in_flight);
}

void start_idle(const DaemonProcess& daemon, const std::string& tiny, const char* output, int count) {
  make_calls(daemon, start_call(spec_of({tiny, "wait"}, output, "bench")), kStarted, count, 8);
}

Micros kill_idle(const DaemonProcess& daemon) {
  Wire wire(daemon.socket());
  const auto before = Clock::now();
  const std::string_view answer = wire.exchange(kill_slice_call("bench"));
  const Micros time = Clock::now() - before;
  check_answer(answer, "\"killed\":[");
  return time;
}

}  // namespace coppice::bench
