#include "cli/reconnect.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "cli/output.h"

namespace coppice::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between two tries to connect: nothing tells when somebody listens again. Each is twice the one before.
constexpr milliseconds kFirstPause(10);
constexpr milliseconds kLongestPause(1000);

class Absence {
 public:
  Absence(const Target& target, int interrupt) : target_(target), interrupt_(interrupt) {}

  std::optional<varlink::Client> end() {
    for (milliseconds pause = kFirstPause; !interrupted_; pause = std::min(2 * pause, kLongestPause)) {
      std::optional<varlink::Client> client = connect();
      if (client && answers(*client)) return client;
      if (!interrupted_) static_cast<void>(wait(-1, Clock::now() + pause));
    }
    return std::nullopt;
  }

 private:
  std::optional<varlink::Client> connect() {
    try {
      return try_connect(target_);
    } catch (const std::system_error& error) {
      const int number = error.code().value();
      // A daemon that ends removes its socket. One that was killed leaves it, and the next replaces it.
      if (number == ENOENT && !left_socket_)
        throw varlink::Disconnected("it has ended, and nobody listens at " + target_.word + " any more");
      if (!nobody_listens(error)) throw varlink::Disconnected(error.what());
      left_socket_ = true;
      return std::nullopt;
    }
  }

  // A connection waits in the queue of the socket until there is somebody to accept it.
  bool answers(varlink::Client& client) {
    try {
      client.send("org.varlink.service.GetInfo", nlohmann::json::object());
      while (wait(client.descriptor(), std::nullopt))
        if (client.receive_within(milliseconds(0))) return true;
    } catch (const varlink::Unintelligible&) {
      throw;
    } catch (const varlink::Disconnected&) {
      // It has died again.
    }
    return false;
  }

  // Until `descriptor` is readable (true), `until` has come or there is an interrupt (false). Throws Disconnected at the bound.
  bool wait(int descriptor, std::optional<Clock::time_point> until) {
    for (;;) {
      const Clock::time_point next = std::min(until.value_or(gives_up_), told_ ? gives_up_ : tells_);
      const auto left = std::chrono::ceil<milliseconds>(next - Clock::now());
      std::array<pollfd, 2> polled = {{{interrupt_, POLLIN, 0}, {descriptor, POLLIN, 0}}};
      const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(0, left.count())));
      if (ready < 0 && errno != EINTR) throw errno_error("poll", "the daemon", errno);
      interrupted_ = ready > 0 && polled[0].revents != 0;
      if (ready > 0) return !interrupted_;
      const Clock::time_point now = Clock::now();
      if (now >= gives_up_)
        throw varlink::Disconnected("it has not come back to " + target_.word + " within " +
                                    std::to_string(kReturnBound.count()) + " s");
      if (until && now >= *until) return false;
      if (now >= tells_ && !std::exchange(told_, true) && ::isatty(STDERR_FILENO) == 1)
        say("waiting for the daemon to come back");
    }
  }

  const Target& target_;
  const int interrupt_;
  const Clock::time_point gives_up_ = Clock::now() + kReturnBound;
  const Clock::time_point tells_ = Clock::now() + kReturnNotice;
  bool told_ = false;
  bool interrupted_ = false;
  // It did not end by itself.
  bool left_socket_ = false;
};

}  // namespace

std::optional<varlink::Client> await_return(const Target& target, int interrupt) {
  return Absence(target, interrupt).end();
}

}  // namespace coppice::cli
