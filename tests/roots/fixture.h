// A daemon of root's, spoken to by root and by nobody.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "ipc/varlink/client.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::support {

inline constexpr uid_t kNobody = 65534;

class Rooted : public testing::Test {
 protected:
  void SetUp() override;

  varlink::Client& client() { return *client_; }
  // A connection whose peer is that user, as the kernel says it.
  varlink::Client connect_as(uid_t uid) const;

  // Runs it to its end: its log.
  std::string output_of(const json& spec) { return output_of(client(), spec); }
  static std::string output_of(varlink::Client& client, const json& spec);
  // Of a Start that is refused.
  Failure refusal_of(const json& spec) { return failure(client(), "Start", {{"spec", spec}}); }
  static Failure refusal_of(varlink::Client& client, const json& spec) {
    return failure(client, "Start", {{"spec", spec}});
  }

  // The process that is being started, once it waits for the other end of a FIFO; nothing when the deadline has
  // passed. No other job may be alive.
  std::optional<pid_t> await_fifo() const;
  // Whether that user may open the file for reading: 0 or an errno.
  static int error_of_open(const std::string& path, uid_t uid);

  // A directory of the test's, which anybody may enter.
  const std::string& folder() const { return daemon_->folder(); }
  // Made when first asked for: see root_tree.h.
  const std::string& root();
  // A shell line as nobody, inside that root.
  json inside(const std::string& line);
  // A file that anybody may execute.
  static void make_script(const std::string& path, const std::string& line);

 private:
  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
  std::string root_;
};

json file(const std::string& path, bool append = false);

}  // namespace coppice::support
