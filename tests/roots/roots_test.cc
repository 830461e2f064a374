// A root directory of the job's own.
#include <sys/inotify.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "tests/roots/fixture.h"
#include "tests/support/root_tree.h"
#include "tests/support/swapper.h"

namespace coppice::support {
namespace {

class RootDirectory : public Rooted {};

TEST_F(RootDirectory, a_job_lives_in_its_root_and_starts_there) {
  json wanted = inside("pwd -P; cd ..; pwd -P; read word < work/marker; echo $word");
  wanted["baseDirectory"] = "/work";
  EXPECT_EQ(output_of(wanted), "/\n/\nwork\n");
  wanted = inside("pwd -P");
  wanted["workingDirectory"] = "/work";
  EXPECT_EQ(output_of(wanted), "/work\n");
}

TEST_F(RootDirectory, S6_PATH_is_looked_up_inside_the_root) {
  make_script(root() + "/tools/tool", "echo inside");
  make_script(folder() + "/tools/host", "echo outside");
  json wanted = spec({"tool"});
  wanted["rootDirectory"] = root();
  wanted["environment"] = {{"PATH", folder() + "/tools:/tools"}};
  EXPECT_EQ(output_of(wanted), "inside\n");
  wanted["commands"][0]["argv"] = {"host"};
  const Failure refused = refusal_of(wanted);
  EXPECT_EQ(refused.name, "StartFailed");
  EXPECT_EQ(refused.parameters["step"], "exec");
  EXPECT_EQ(refused.parameters["name"], "ENOENT");
}

TEST_F(RootDirectory, S5_a_root_that_is_not_there_is_named) {
  json wanted = inside("true");
  wanted["rootDirectory"] = folder() + "/absent";
  const Failure refused = refusal_of(wanted);
  EXPECT_EQ(refused.name, "StartFailed");
  EXPECT_EQ(refused.parameters["step"], "root");
  EXPECT_EQ(refused.parameters["name"], "ENOENT");
  EXPECT_EQ(refused.parameters["path"], folder() + "/absent");
  wanted["rootDirectory"] = "relative";
  EXPECT_EQ(refusal_of(wanted).parameters["field"], "spec.rootDirectory");
}

TEST_F(RootDirectory, only_root_may_choose_one) {
  varlink::Client nobody = connect_as(kNobody);
  json wanted = shell("true");
  EXPECT_EQ(output_of(nobody, wanted), "");
  wanted["rootDirectory"] = root();
  const Failure refused = refusal_of(nobody, wanted);
  EXPECT_EQ(refused.name, "PermissionDenied");
  EXPECT_NE(refused.parameters["reason"].get<std::string>().find("rootDirectory"), std::string::npos);
}

// /work/a is by turns a directory and a link that, taken from the real root, leads outside.
TEST_F(RootDirectory, S11_a_symlink_swap_leads_nowhere) {
  const std::string outside = folder() + "/outside";
  make_marked(outside, "outside");
  make_marked(root() + outside, "decoy");
  make_marked(root() + "/work/a", "real");
  std::filesystem::create_symlink(outside, root() + "/work/b");
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ASSERT_GE(::inotify_add_watch(watch.get(), outside.c_str(), IN_ALL_EVENTS), 0);
  std::map<std::string, int> seen;
  const Swapper swapper(root() + "/work/a", root() + "/work/b");
  json wanted = inside("read here < marker; read given; echo $here; echo $given >&2");
  wanted["workingDirectory"] = "/work/a";
  wanted["input"] = file("/work/a/marker");
  wanted["error"] = file("/work/a/out");
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) ++seen[output_of(wanted)];
  EXPECT_GT(seen["real\n"], 0);
  EXPECT_GT(seen["decoy\n"], 0);
  EXPECT_EQ(seen["real\n"] + seen["decoy\n"], kRounds);
  char event[4096];
  EXPECT_EQ(::read(watch.get(), event, sizeof event), -1) << "somebody was in " << outside;
}

}  // namespace
}  // namespace coppice::support
