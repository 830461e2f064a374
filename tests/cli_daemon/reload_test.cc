// coppice daemon reload.
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

using nlohmann::json;

class Reload : public Daemon {
 protected:
  void write(const std::string& settings) const { std::ofstream(settings_file()) << settings; }
};

TEST_F(Reload, it_tells_what_has_changed_and_what_waits) {
  EXPECT_EQ(coppice({"daemon", "reload"}).output, "nothing has changed\n");
  write("restarts = 4\nat-shutdown = \"stop\"\nstop-timeout = \"9s\"\n");
  EXPECT_EQ(coppice({"daemon", "reload"}).output,
            "changed: stop-timeout\nfrom the next start of the daemon: restarts\n");
  write("");
  EXPECT_EQ(objects({"daemon", "reload", "--json"}).at(0),
            (json{{"changed", {"stop-timeout"}}, {"needsRestart", json::array()}}));
}

TEST_F(Reload, every_mistake_is_told_and_it_fails) {
  write("restarts = 0\nstop-timout = \"9s\"\n");
  const Ended ended = coppice({"daemon", "reload"});
  EXPECT_NE(ended.code, 0);
  for (const char* part : {"stay as they were:\n", "coppiced.toml:1: key \"restarts\"", "did you mean \"stop-timeout\"?"})
    EXPECT_NE(ended.error.find(part), std::string::npos) << part << "\n" << ended.error;
}

}  // namespace
}  // namespace coppice::cli_daemon
