#include "config/users.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

#include "base/errno_text.h"
#include "config/errors.h"

namespace coppice::config {
namespace {

constexpr std::size_t kBufferFirst = 1024;
constexpr std::size_t kBufferMost = 1024 * 1024;
constexpr int kGroupsMost = 65536;  // NGROUPS_MAX

// (id_t)-1 means "leave unchanged" to setuid(2) and its like, so it names nobody.
std::optional<id_t> as_number(const std::string& text) {
  id_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value == static_cast<id_t>(-1)) return std::nullopt;
  return value;
}

// getpwnam_r and its like, with a buffer that grows. `ask` returns the error. false: no such entry.
// POSIX lets "not found" come as one of these errors too: getpwnam(3), ERRORS.
template <typename Ask>
bool look_up(const char* call, const std::string& subject, std::vector<char>& buffer, Ask ask) {
  for (buffer.resize(kBufferFirst);; buffer.resize(buffer.size() * 4)) {
    bool found = false;
    const int error = ask(buffer, found);
    if (error == EINTR) continue;
    if (error == ERANGE && buffer.size() < kBufferMost) continue;
    if (error == 0 || error == ENOENT || error == ESRCH) return found;
    throw errno_error(call, subject, error);
  }
}

Account copy(const passwd& entry) {
  const auto text = [](const char* value) { return std::string(value ? value : ""); };
  return {text(entry.pw_name), entry.pw_uid, entry.pw_gid, text(entry.pw_dir),
          text(entry.pw_shell)};
}

gid_t find_group(const std::string& name, const std::string& field) {
  if (const std::optional<id_t> number = as_number(name)) return *number;
  group entry{};
  std::vector<char> buffer;
  const bool found = look_up("getgrnam_r", name, buffer, [&](std::vector<char>& room, bool& hit) {
    group* result = nullptr;
    const int error = getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &result);
    hit = result != nullptr;
    return error;
  });
  if (!found) throw InvalidSpec(field, "no such group: \"" + name + "\"");
  return entry.gr_gid;
}

std::vector<gid_t> groups_of(const Account& account, gid_t gid) {
  std::vector<gid_t> groups(64);
  for (;;) {
    int count = static_cast<int>(groups.size());
    const bool fits = getgrouplist(account.name.c_str(), gid, groups.data(), &count) >= 0;
    if (fits || count > kGroupsMost) {
      groups.resize(fits ? static_cast<std::size_t>(count) : groups.size());
      return groups;
    }
    groups.resize(static_cast<std::size_t>(count) > groups.size() ? static_cast<std::size_t>(count)
                                                                 : groups.size() * 2);
  }
}

}  // namespace

std::optional<Account> find_account(uid_t uid) {
  passwd entry{};
  std::vector<char> buffer;
  const bool found = look_up("getpwuid_r", std::to_string(uid), buffer,
                             [&](std::vector<char>& room, bool& hit) {
                               passwd* result = nullptr;
                               const int error =
                                   getpwuid_r(uid, &entry, room.data(), room.size(), &result);
                               hit = result != nullptr;
                               return error;
                             });
  if (!found) return std::nullopt;
  return copy(entry);
}

std::optional<Account> find_account(const std::string& name) {
  passwd entry{};
  std::vector<char> buffer;
  const bool found = look_up("getpwnam_r", name, buffer, [&](std::vector<char>& room, bool& hit) {
    passwd* result = nullptr;
    const int error = getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &result);
    hit = result != nullptr;
    return error;
  });
  if (!found) return std::nullopt;
  return copy(entry);
}

Identity resolve_identity(const JobSpec& spec, uid_t uid, gid_t gid) {
  Identity identity;
  identity.uid = uid;
  identity.gid = gid;
  std::optional<Account> account;
  if (spec.user) {
    const std::optional<id_t> number = as_number(*spec.user);
    account = number ? find_account(static_cast<uid_t>(*number)) : find_account(*spec.user);
    if (!account && !number)
      throw InvalidSpec("spec.user", "no such user: \"" + *spec.user + "\"");
    if (!account && !spec.group)
      throw InvalidSpec("spec.group", "missing: user " + *spec.user + " has no account with a group");
    identity.uid = account ? account->uid : static_cast<uid_t>(*number);
    if (account) identity.gid = account->gid;
  }
  if (spec.group) identity.gid = find_group(*spec.group, "spec.group");

  if (spec.supplementary_groups) {
    for (std::size_t i = 0; i < spec.supplementary_groups->size(); ++i)
      identity.groups.push_back(
          find_group((*spec.supplementary_groups)[i],
                     "spec.supplementaryGroups[" + std::to_string(i) + "]"));
    return identity;
  }
  if (!spec.user) account = find_account(uid);
  if (account) identity.groups = groups_of(*account, identity.gid);
  return identity;
}

const std::string& UserNames::of(uid_t uid) {
  const auto known = names_.find(uid);
  if (known != names_.end()) return known->second;
  // User namespaces can show any number of ids.
  if (names_.size() >= kCap) names_.clear();
  std::string name = std::to_string(uid);
  try {
    if (const std::optional<Account> account = find_account(uid)) name = account->name;
  } catch (const std::system_error&) {
    // A name is a courtesy: the number says it as well.
  }
  return names_.emplace(uid, std::move(name)).first->second;
}

}  // namespace coppice::config
