#include "tests/crash/subscriber.h"

#include <utility>

#include "tests/crash/caller.h"

namespace coppice::crash {

Subscriber::Subscriber(std::string socket, json interest, std::int64_t since, std::string last)
    : thread_([this, socket = std::move(socket), interest = std::move(interest), since, last = std::move(last)] {
        try {
          run(socket, interest, since, last);
        } catch (const std::exception& error) {
          told_.trouble = std::string("a subscriber gave up: ") + error.what();
        }
      }) {}

Subscriber::~Subscriber() {
  if (thread_.joinable()) thread_.join();
}

Subscriber::Told Subscriber::take() {
  thread_.join();
  return std::move(told_);
}

void Subscriber::run(const std::string& socket, const json& interest, std::int64_t since, const std::string& last) {
  Caller caller(socket);
  const auto parameters = [&] {
    json all = interest;
    all["since"] = since;
    return all;
  };
  caller.stream("Subscribe", parameters, [&](const json& event) {
    told_.events.push_back(event);
    since = event.at("sequence");
    const json labels = event.at("job").value("labels", json::object());
    return event.at("event") != "ended" || labels.value("last", "") != last;
  });
}

}  // namespace coppice::crash
