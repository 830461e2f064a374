#include "daemon/set_up_access.h"

#include <asio/co_spawn.hpp>
#include <exception>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "daemon/log.h"
#include "daemon/reload.h"

namespace coppice::daemon {
namespace {

// No bound is one below the server's own all the same.
std::size_t bound(std::int64_t quota) {
  return quota == Quotas::kUnlimited ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(quota);
}

varlink::UserBounds bounds_of(const Quotas& quotas) {
  varlink::UserBounds bounds;
  bounds.connections = bound(quotas.connections);
  bounds.message_bytes = bound(quotas.message_size);
  bounds.descriptors = bound(quotas.descriptors);
  return bounds;
}

}  // namespace

void set_up_access(Services& services, const Settings& settings, varlink::Server& server) {
  std::vector<std::string> remarks;
  services.access.change(look_up_rules(settings, remarks));
  for (const std::string& remark : remarks) log::warning(remark);
  server.bound_users([&services](uid_t user) { return bounds_of(services.access.quotas_of(user)); });
}

void reload_for_signal(Services& services) {
  if (services.shutting_down || services.parting != Parting::none) return;
  services.audit.tell_signal("reload");
  auto reloading = services.reload->run();
  asio::co_spawn(services.io, std::move(reloading), [](std::exception_ptr failure, const Reload::Outcome&) {
    // What is wrong with the settings has been logged.
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const ReloadRefused&) {
    } catch (const std::exception& other) {
      log::error(std::string("the settings could not be read again: ") + other.what());
    }
  });
}

}  // namespace coppice::daemon
