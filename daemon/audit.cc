#include "daemon/audit.h"

#include <poll.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string_view>
#include <utility>

#include "daemon/log.h"

namespace coppice::daemon {
namespace {

constexpr int kDeniedTold = 10;
constexpr std::chrono::seconds kWithin(1);

// These only look at a job: who may see it may do so, and whoever watches would fill the log.
constexpr std::string_view kLooking[] = {"Wait", "Processes", "Resize", "Renew"};

// "Kill" of "io.coppice.Jobs.Kill".
std::string short_name(const std::string& method) { return method.substr(method.rfind('.') + 1); }

bool alive(const UniqueFd& pidfd) {
  pollfd event{pidfd.get(), POLLIN, 0};
  return ::poll(&event, 1, 0) == 0;
}

// What the process that connected calls itself; empty where that cannot be told for sure. A number alone may be
// another's by now, so its pidfd must say that it still lives, after we have looked.
std::string program_of(const varlink::Call& call) {
  const UniqueFd pidfd = call.peer_process();
  if (!pidfd) return "";
  std::ifstream comm("/proc/" + std::to_string(call.peer().pid) + "/comm");
  std::string name;
  std::getline(comm, name);
  if (!alive(pidfd)) return "";
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return !std::isprint(c); }, '?');
  return name.empty() ? "" : " (" + name + ")";
}

std::string verdict_word(Audit::Verdict verdict) { return verdict == Audit::Verdict::allowed ? "allowed" : "denied"; }

}  // namespace

void Audit::tell(const varlink::Call& call, const std::string& what, Verdict verdict) {
  if (!may_tell(verdict)) return;
  const uid_t user = call.peer().uid;
  std::string act = what;
  // A program's name may be anything, and must not make a line of its own.
  std::replace_if(act.begin(), act.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
  std::string begin = "audit: user " + std::to_string(user);
  std::string rest = ", process " + std::to_string(call.peer().pid) + program_of(call) + ": " + act + ": " +
                     verdict_word(verdict);
  names_.with_name(user, [begin = std::move(begin), rest = std::move(rest)](const std::string& name) {
    log::info(begin + " (" + name + ")" + rest);
  });
}

void Audit::touch(const varlink::Call& call, const Job& job, Verdict verdict) {
  const Owner& owner = job.owner();
  if (call.peer().uid == owner.uid) return;
  const std::string method = short_name(call.method());
  const bool looks = std::find(std::begin(kLooking), std::end(kLooking), method) != std::end(kLooking);
  if (looks && verdict == Verdict::allowed) return;
  tell(call, method + " of job " + job.id() + " of user " + std::to_string(owner.uid) + " (" + owner.name + ")", verdict);
}

void Audit::tell_signal(const std::string& what) { log::info("audit: by signal: " + what + ": allowed"); }

bool Audit::may_tell(Verdict verdict) {
  if (verdict == Verdict::allowed) return true;
  const auto now = Clock::now();
  if (now - begun_ >= kWithin) {
    if (denied_ > kDeniedTold) log::info("audit: " + std::to_string(denied_ - kDeniedTold) + " more acts were denied");
    begun_ = now;
    denied_ = 0;
  }
  return ++denied_ <= kDeniedTold;
}

}  // namespace coppice::daemon
