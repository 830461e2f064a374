// What files and the command line say, with where each says it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/settings/key.h"
#include "daemon/settings/settings.h"

namespace coppice::daemon {

struct Source {
  // Empty: the command line.
  std::string file = {};
  std::size_t line = 0;
};
std::string words_of(const Source& source);

struct Assignment {
  const Key* key = nullptr;
  // For a quota of one user: who that is, by name or number.
  std::string user = {};
  Value value = {};
  Source source = {};
};
// "stop-timeout", "quotas.user.alice.live-jobs"
std::string name_of(const Assignment& assignment);

// By name_of().
using Assignments = std::map<std::string, Assignment>;

void assign(Assignments& assignments, Assignment assignment);
// Those of `over` count where both have one.
void overlay(Assignments& under, const Assignments& over);

// `defaults` with all of them carried out.
Settings settings_of(const Assignments& assignments, Settings defaults);

// The names of what differs between two settings: keys, and "quotas.user.alice" for all that such a user has.
struct Difference {
  // A reload changes it.
  std::vector<std::string> reloadable = {};
  std::vector<std::string> fixed = {};
};
Difference difference(const Settings& before, const Settings& after);
// `settings`, with what a reload changes taken from `other`.
Settings with_reloadable(Settings settings, const Settings& other);

// As a file of keys with their tables written out, one a line.
std::string file_text(const Assignments& assignments);

}  // namespace coppice::daemon
