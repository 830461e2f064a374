#include "daemon/incidents.h"

#include <chrono>
#include <memory>
#include <string>

#include "daemon/log.h"

namespace coppice::daemon {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTold = 10;
constexpr std::chrono::seconds kWithin(1);

class IncidentLog {
 public:
  void tell(const varlink::Server::Incident& incident) {
    const auto now = Clock::now();
    if (now - begun_ >= kWithin) begin(now);
    if (told_ == kTold) {
      ++untold_;
      return;
    }
    ++told_;
    log::warning("connection of user " + std::to_string(incident.peer.uid) + ", process " +
                 std::to_string(incident.peer.pid) + ": " + incident.what);
  }

 private:
  void begin(Clock::time_point now) {
    if (untold_ > 0) log::warning(std::to_string(untold_) + " more connections were refused or ended");
    begun_ = now;
    told_ = untold_ = 0;
  }

  Clock::time_point begun_{};
  int told_ = 0;
  int untold_ = 0;
};

}  // namespace

void log_incidents(varlink::Server& server) {
  server.on_incident([log = std::make_shared<IncidentLog>()](const varlink::Server::Incident& incident) {
    log->tell(incident);
  });
}

}  // namespace coppice::daemon
