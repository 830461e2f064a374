#include "daemon/access.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "config/users.h"

namespace coppice::daemon {
namespace {

constexpr std::size_t kLargestGroup = std::size_t{16} << 20;

std::optional<id_t> number_of(const std::string& text) {
  id_t number = 0;
  const auto end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && parsed == end ? std::optional(number) : std::nullopt;
}

std::optional<gid_t> find_group(const std::string& name) {
  if (const auto number = number_of(name)) return number;
  std::vector<char> room(1024);
  for (;;) {
    struct group entry {};
    struct group* found = nullptr;
    const int error = ::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
    if (error == EINTR) continue;
    if (error == ERANGE && room.size() < kLargestGroup) {
      room.resize(2 * room.size());
      continue;
    }
    return found ? std::optional(entry.gr_gid) : std::nullopt;
  }
}

std::optional<uid_t> find_user(const std::string& name, std::vector<std::string>& remarks) {
  if (const auto number = number_of(name)) return number;
  try {
    if (const auto account = config::find_account(name)) return account->uid;
    remarks.push_back("key \"quotas.user." + name + "\": there is no such user, so it counts for nobody");
  } catch (const std::system_error& failure) {
    remarks.push_back("key \"quotas.user." + name + "\" counts for nobody: " + failure.what());
  }
  return std::nullopt;
}

Quotas no_quotas() {
  Quotas none;
  for (auto quota : {&Quotas::live_jobs, &Quotas::queued_jobs, &Quotas::slices, &Quotas::processes, &Quotas::memory,
                     &Quotas::connections, &Quotas::requests, &Quotas::message_size, &Quotas::descriptors})
    none.*quota = Quotas::kUnlimited;
  return none;
}

}  // namespace

AccessRules look_up_rules(const Settings& settings, std::vector<std::string>& remarks) {
  AccessRules rules;
  const std::string& group = settings.admin_group;
  if (!group.empty()) rules.admin_group = find_group(group);
  if (!group.empty() && !rules.admin_group && group != Settings().admin_group)
    remarks.push_back("key \"admin-group\": there is no group \"" + group + "\", so it has no members");
  rules.quotas = settings.quotas;
  for (const auto& [name, quotas] : settings.user_quotas)
    if (const auto user = find_user(name, remarks)) rules.user_quotas[*user] = quotas;
  return rules;
}

Access::Access() : own_uid_(::geteuid()) {}

bool Access::is_admin(const varlink::Peer& peer) const {
  if (!rules_.admin_group) return false;
  return peer.gid == *rules_.admin_group ||
         std::find(peer.groups.begin(), peer.groups.end(), *rules_.admin_group) != peer.groups.end();
}

const Quotas& Access::quotas_of(uid_t user) const {
  static const Quotas kNone = no_quotas();
  if (is_unbounded(user)) return kNone;
  const auto own = rules_.user_quotas.find(user);
  return own == rules_.user_quotas.end() ? rules_.quotas : own->second;
}

}  // namespace coppice::daemon
