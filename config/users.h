// Names and numbers of users and groups.
//
// Everything here may ask the name service (nsswitch.conf), which may block on a network: never from
// the control thread, except for numbers with `groups` given and for what UserNames has seen.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/job_spec.h"

namespace coppice::config {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
  std::string shell;
};

// Nothing if there is none. Throws std::system_error when the name service fails.
std::optional<Account> find_account(uid_t uid);
std::optional<Account> find_account(const std::string& name);

// As whom a job runs.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// What `spec` says of user, group and supplementaryGroups, by name or by number; `uid` and `gid` are the
// caller's and stand in for what it does not say. A user that is named brings its own group, and its groups
// come from the group file unless supplementaryGroups is set. Whether the caller may do so is not asked
// here. Throws InvalidSpec for a name that does not exist, and for a number without an account if no group
// is given; std::system_error when the name service fails.
Identity resolve_identity(const JobSpec& spec, uid_t uid, gid_t gid);

// The names behind user ids, each looked up once; the number as text for those without. One thread.
class UserNames {
 public:
  const std::string& of(uid_t uid);

 private:
  static constexpr std::size_t kCap = 4096;
  std::map<uid_t, std::string> names_;
};

}  // namespace coppice::config
