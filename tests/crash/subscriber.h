// A thread that is told of events and resumes after each lost connection.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace coppice::crash {

using nlohmann::json;

class Subscriber {
 public:
  // `interest`: parameters of Subscribe beside `since`, which begins at the event `since`. It ends with the event
  // that the job with the label `last` has ended.
  Subscriber(std::string socket, json interest, std::int64_t since, std::string last);
  // Waits for the end.
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  struct Told {
    std::vector<json> events;
    // Why it ended early; empty if it did not.
    std::string trouble;
  };
  // Waits for the end. To be called once.
  Told take();

 private:
  void run(const std::string& socket, const json& interest, std::int64_t since, const std::string& last);

  Told told_;
  std::thread thread_;
};

}  // namespace coppice::crash
