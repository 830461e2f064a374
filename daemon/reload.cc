#include "daemon/reload.h"

#include <utility>

#include "daemon/log.h"
#include "daemon/output/run_on.h"
#include "daemon/services.h"

namespace coppice::daemon {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void tell(const Reload::Outcome& outcome) {
  std::string text = "the settings have been read again: ";
  text += outcome.changed.empty() ? "nothing has changed" : "changed: " + listed(outcome.changed);
  if (!outcome.needs_restart.empty()) text += "; from the next start of the daemon: " + listed(outcome.needs_restart);
  log::info(text);
}

}  // namespace

class Reload::Turn {
 public:
  explicit Turn(Reload& reload) : reload_(reload) {
    reload_.under_way_ = true;
    reload_.hooks_.reloading();
  }
  ~Turn() {
    reload_.under_way_ = false;
    reload_.done_.notify_all();
    reload_.hooks_.ready();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Reload& reload_;
};

Reload::Reload(Services& services, Settings& settings, SettingsOrigin origin)
    : services_(services), settings_(settings), origin_(std::move(origin)), done_(services.io) {}

Reload::News Reload::read(const SettingsOrigin& origin) {
  News news;
  try {
    Reading reading = read_now(origin);
    news.faults = std::move(reading.faults);
    if (!news.faults.empty()) return news;
    news.settings = settings_from(origin, reading.values);
    news.rules = look_up_rules(news.settings, news.remarks);
  } catch (const std::exception& failure) {
    news.faults.emplace_back(failure.what());
  }
  return news;
}

Reload::Outcome Reload::apply(News news) {
  Difference difference = daemon::difference(settings_, news.settings);
  settings_ = with_reloadable(settings_, news.settings);
  services_.access.change(std::move(news.rules));
  services_.history.change_bounds(settings_.history);
  Outcome outcome;
  outcome.changed = std::move(difference.reloadable);
  outcome.needs_restart = std::move(difference.fixed);
  return outcome;
}

asio::awaitable<Reload::Outcome> Reload::run() {
  while (under_way_) co_await done_.wait();
  const Turn turn(*this);
  auto work = [origin = origin_] { return read(origin); };
  auto reading = run_on(services_.output.reading(), services_.io, std::move(work));
  News news = co_await std::move(reading);
  for (const std::string& remark : news.remarks) log::warning(remark);
  for (const std::string& fault : news.faults) log::error(fault);
  if (!news.faults.empty()) {
    ReloadRefused refused(std::move(news.faults));
    log::error(refused.what());
    throw refused;
  }
  Outcome outcome = apply(std::move(news));
  tell(outcome);
  co_return outcome;
}

}  // namespace coppice::daemon
