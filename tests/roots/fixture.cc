#include "tests/roots/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/errno_text.h"
#include "tests/support/root_tree.h"

namespace coppice::support {
namespace {

// The kernel takes the effective ids at the connect for the peer's.
class Guise {
 public:
  explicit Guise(uid_t uid) {
    if (::setegid(uid) != 0 || ::seteuid(uid) != 0) throw errno_error("seteuid", std::to_string(uid), errno);
  }
  ~Guise() {
    if (::seteuid(0) != 0 || ::setegid(0) != 0) std::abort();
  }
  Guise(const Guise&) = delete;
  Guise& operator=(const Guise&) = delete;
};

}  // namespace

void Rooted::SetUp() {
  if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
  daemon_.emplace();
  client_.emplace(daemon_->connect());
  ASSERT_EQ(::chmod(folder().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(daemon_->socket().c_str(), 0666), 0);
}

varlink::Client Rooted::connect_as(uid_t uid) const {
  const Guise guise(uid);
  return daemon_->connect();
}

std::string Rooted::output_of(varlink::Client& client, const json& spec) {
  const json job = start(client, spec);
  wait(client, job);
  return log_of(client, job);
}

std::optional<pid_t> Rooted::await_fifo() const {
  std::optional<pid_t> found;
  eventually([&] {
    for (const pid_t child : children_of(daemon_->keeper()))
      if (read_text("/proc/" + std::to_string(child) + "/wchan") == "wait_for_partner") found = child;
    return found.has_value();
  });
  return found;
}

int Rooted::error_of_open(const std::string& path, uid_t uid) {
  const Guise guise(uid);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file ? 0 : errno;
}

const std::string& Rooted::root() {
  if (root_.empty()) {
    root_ = folder() + "/root";
    make_root_tree(root_);
  }
  return root_;
}

json Rooted::inside(const std::string& line) {
  json wanted = shell(line);
  wanted["rootDirectory"] = root();
  wanted["user"] = "nobody";
  return wanted;
}

void Rooted::make_script(const std::string& path, const std::string& line) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << "#!/bin/sh\n" << line << '\n';
  std::filesystem::permissions(path, static_cast<std::filesystem::perms>(0755));
}

json file(const std::string& path, bool append) {
  json stream = {{"kind", "file"}, {"path", path}};
  if (append) stream["append"] = true;
  return stream;
}

}  // namespace coppice::support
