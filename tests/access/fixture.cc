#include "tests/access/fixture.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "base/errno_text.h"

namespace coppice::support {
namespace {

// The kernel takes the effective ids and the groups at the connect for the peer's.
class Guise {
 public:
  explicit Guise(const Who& who) : before_(static_cast<std::size_t>(::getgroups(0, nullptr))) {
    if (::getgroups(static_cast<int>(before_.size()), before_.data()) < 0) throw errno_error("getgroups", "", errno);
    if (::setgroups(who.groups.size(), who.groups.data()) != 0 || ::setegid(who.gid) != 0 || ::seteuid(who.uid) != 0)
      throw errno_error("seteuid", std::to_string(who.uid), errno);
  }
  ~Guise() {
    if (::seteuid(0) != 0 || ::setegid(0) != 0 || ::setgroups(before_.size(), before_.data()) != 0) std::abort();
  }
  Guise(const Guise&) = delete;
  Guise& operator=(const Guise&) = delete;

 private:
  std::vector<gid_t> before_;
};

}  // namespace

void WithUsers::SetUp() {
  if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
  begin("");
}

void WithUsers::begin(const std::string& settings) {
  root_.reset();
  daemon_.reset();
  Setting setting;
  setting.prepare = [&](const std::string& folder) { std::ofstream(folder + "/coppiced.toml") << settings; };
  daemon_.emplace(setting);
  ASSERT_EQ(::chmod(daemon_->folder().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(daemon_->socket().c_str(), 0666), 0);
  root_.emplace(daemon_->connect());
}

void WithUsers::reload(const std::string& settings) {
  std::ofstream(daemon_->settings_file()) << settings;
  root().send("io.coppice.Daemon.Reload", json::object());
  next_reply(root()).throw_if_failed();
}

varlink::Client WithUsers::connect_as(const Who& who) const {
  const Guise guise(who);
  return daemon_->connect();
}

testing::AssertionResult WithUsers::logs(const std::string& text) const {
  if (eventually([&] { return daemon_->said().find(text) != std::string::npos; })) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no \"" << text << "\" in " << daemon_->said();
}

json hold(varlink::Client& client, json more) {
  json wanted = spec({"sleep", "1000"});
  wanted.update(more);
  return support::ref(start(client, wanted));
}

std::string bound_hit(varlink::Client& client, std::string_view method, const json& parameters) {
  const Failure refused = failure(client, method, parameters);
  if (refused.name.empty()) return "none";
  if (refused.name != "Exhausted") return refused.name + " " + refused.parameters.dump();
  return refused.parameters.at("resource").get<std::string>() + " " + refused.parameters.at("limit").dump();
}

std::string start_bound(varlink::Client& client, const json& more) {
  json wanted = spec({"true"});
  wanted.update(more);
  return bound_hit(client, "Start", {{"spec", wanted}});
}

}  // namespace coppice::support
