#include "bench/fan.h"

#include <poll.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/calls.h"

namespace coppice::bench {
namespace {

std::string subscription() {
  nlohmann::json parameters;
  parameters["slice"] = "fan";
  return call_text("Subscribe", parameters, true);
}

bool tells_end_of(std::string_view message, const std::string& job) {
  return message.find("\"event\":\"ended\"") != std::string_view::npos &&
         message.find("\"name\":\"" + job + "\"") != std::string_view::npos;
}

// Whether the end of `job` comes before `patience` has passed without any message.
bool hears(Wire& reader, const std::string& job, int patience) {
  for (;;) {
    pollfd poll{reader.descriptor(), POLLIN, 0};
    if (!reader.has_message() && ::poll(&poll, 1, patience) == 0) return false;
    if (tells_end_of(reader.receive(), job)) return true;
  }
}

// Messages up to the end of `job`.
double count_until(Wire& reader, const std::string& job) {
  for (double count = 1;; ++count)
    if (tells_end_of(reader.receive(), job)) return count;
}

}  // namespace

Fan::Fan(const DaemonProcess& daemon, const std::string& tiny, int readers) : client_(daemon.socket()), tiny_(tiny) {
  for (int i = 0; i < readers; ++i) {
    readers_.emplace_back(daemon.socket());
    readers_.back().send(subscription());
  }
  // Nothing says that a subscription has begun but its first event.
  for (int attempt = 0; attempt < 50; ++attempt) {
    const std::string name = "primer-" + std::to_string(attempt);
    run_job(name);
    if (std::all_of(readers_.begin(), readers_.end(), [&](Wire& reader) { return hears(reader, name, 500); })) return;
  }
  throw std::runtime_error("a subscriber is told nothing");
}

void Fan::run_job(const std::string& name) {
  const std::string_view answer = client_.exchange(run_call(spec_of({tiny_}, "null", "fan", name)));
  if (answer.find(kSucceeded) == std::string_view::npos) throw std::runtime_error(std::string(answer));
}

Fanned Fan::run(int jobs) {
  const auto before = Clock::now();
  for (int i = 0; i < jobs; ++i) run_job("fan-" + std::to_string(i));
  Fanned fanned;
  for (Wire& reader : readers_) fanned.told += count_until(reader, "fan-" + std::to_string(jobs - 1));
  fanned.time = Clock::now() - before;
  return fanned;
}

}  // namespace coppice::bench
