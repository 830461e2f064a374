#include "daemon/settings/assignments.h"

#include <set>
#include <utility>

#include "daemon/settings/value.h"

namespace coppice::daemon {
namespace {

// The quotas of a user are those of all users, but for what is said of that user.
Quotas& quotas_of(Settings& settings, const std::string& user) {
  return settings.user_quotas.try_emplace(user, settings.quotas).first->second;
}

std::string key_name(const Key& key, const std::string& user) {
  if (user.empty()) return std::string(key.name);
  return std::string(kUserQuotas) + "." + user + "." + std::string(key.name.substr(kQuotas.size() + 1));
}

bool same(const Quotas& a, const Quotas& b) {
  Settings left, right;
  left.quotas = a;
  right.quotas = b;
  for (const Key& key : keys())
    if (key.get(left) != key.get(right)) return false;
  return true;
}

const Quotas& found(const Settings& settings, const std::string& user) {
  const auto own = settings.user_quotas.find(user);
  return own == settings.user_quotas.end() ? settings.quotas : own->second;
}

}  // namespace

std::string words_of(const Source& source) {
  return source.file.empty() ? "the command line" : source.file + ":" + std::to_string(source.line);
}

std::string name_of(const Assignment& assignment) { return key_name(*assignment.key, assignment.user); }

void assign(Assignments& assignments, Assignment assignment) {
  std::string name = name_of(assignment);
  assignments.insert_or_assign(std::move(name), std::move(assignment));
}

void overlay(Assignments& under, const Assignments& over) {
  for (const auto& [name, assignment] : over) under.insert_or_assign(name, assignment);
}

Settings settings_of(const Assignments& assignments, Settings defaults) {
  Settings settings = std::move(defaults);
  for (const auto& [name, assignment] : assignments)
    if (assignment.user.empty()) assignment.key->set(settings, assignment.value);
  for (const auto& [name, assignment] : assignments) {
    if (assignment.user.empty()) continue;
    Settings one;
    one.quotas = quotas_of(settings, assignment.user);
    assignment.key->set(one, assignment.value);
    settings.user_quotas[assignment.user] = one.quotas;
  }
  return settings;
}

Difference difference(const Settings& before, const Settings& after) {
  Difference difference;
  for (const Key& key : keys()) {
    if (key.get(before) == key.get(after)) continue;
    (key.reloadable ? difference.reloadable : difference.fixed).emplace_back(key.name);
  }
  std::set<std::string> users;
  for (const Settings* settings : {&before, &after})
    for (const auto& [user, quotas] : settings->user_quotas) users.insert(user);
  for (const std::string& user : users)
    if (!same(found(before, user), found(after, user)))
      difference.reloadable.push_back(std::string(kUserQuotas) + "." + user);
  return difference;
}

Settings with_reloadable(Settings settings, const Settings& other) {
  for (const Key& key : keys())
    if (key.reloadable) key.set(settings, key.get(other));
  settings.user_quotas = other.user_quotas;
  return settings;
}

std::string file_text(const Assignments& assignments) {
  std::string text;
  for (const auto& [name, assignment] : assignments) {
    const Key& key = *assignment.key;
    const std::string shown =
        assignment.user.empty()
            ? name
            : std::string(kUserQuotas) + "." + quoted(assignment.user) + "." +
                  std::string(key.name.substr(kQuotas.size() + 1));
    text += shown + " = " + toml_text(key, assignment.value) + "\n";
  }
  return text;
}

}  // namespace coppice::daemon
