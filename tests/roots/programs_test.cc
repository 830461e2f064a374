// Where a program is looked for, and what its environment may hold.
#include "tests/roots/fixture.h"

namespace coppice::support {
namespace {

class Programs : public Rooted {
 protected:
  void SetUp() override {
    Rooted::SetUp();
    if (IsSkipped()) return;
    make_script(folder() + "/base/tool", "echo base");
    make_script(folder() + "/work/tool", "echo work");
  }

  json tool(const std::string& name) {
    json wanted = spec({name});
    wanted["baseDirectory"] = folder() + "/base";
    wanted["workingDirectory"] = folder() + "/work";
    return wanted;
  }

  std::string refused_field(const json& environment) {
    json wanted = shell("true");
    wanted["environment"] = environment;
    const Failure refused = refusal_of(wanted);
    EXPECT_EQ(refused.name, "InvalidSpec");
    return refused.parameters.value("field", "");
  }
};

TEST_F(Programs, S6_a_bare_name_is_looked_up_in_the_jobs_own_PATH) {
  json wanted = tool("tool");
  EXPECT_EQ(refusal_of(wanted).parameters["name"], "ENOENT");
  wanted["environment"] = {{"PATH", folder() + "/nowhere:" + folder() + "/work:" + folder() + "/base"}};
  EXPECT_EQ(output_of(wanted), "work\n");
}

TEST_F(Programs, S6_a_path_is_the_callers_whatever_the_jobs_directory) {
  EXPECT_EQ(output_of(tool("./tool")), "base\n");
  EXPECT_EQ(output_of(tool("../work/tool")), "work\n");
  EXPECT_EQ(output_of(tool(folder() + "/work/tool")), "work\n");
  json wanted = tool("tool");
  // An empty entry and a relative one are the caller's too.
  for (const char* path : {":/nowhere", ".", "../base"}) {
    wanted["environment"] = {{"PATH", path}};
    EXPECT_EQ(output_of(wanted), "base\n") << path;
  }
}

TEST_F(Programs, S5_a_program_that_is_not_there_is_no_exit_status) {
  const Failure refused = refusal_of(tool("./absent"));
  EXPECT_EQ(refused.name, "StartFailed");
  EXPECT_EQ(refused.parameters["step"], "exec");
  EXPECT_EQ(refused.parameters["path"], folder() + "/base/./absent");
  for (const int code : {126, 127}) {
    const json result = wait(client(), start(client(), shell("exit " + std::to_string(code))));
    EXPECT_EQ(result["outcome"], "failed");
    EXPECT_EQ(result["exits"][0]["code"], code);
  }
}

TEST_F(Programs, S9_names_are_told_apart_by_case) {
  json wanted = shell("echo $Name $NAME ${name-none}");
  wanted["environment"] = {{"Name", "a"}, {"NAME", "b"}};
  EXPECT_EQ(output_of(wanted), "a b none\n");
}

TEST_F(Programs, S9_what_no_environment_can_hold_is_refused_by_field) {
  EXPECT_EQ(refused_field({{"A=B", "c"}}), "spec.environment.A=B");
  EXPECT_EQ(refused_field({{"", "c"}}), "spec.environment");
  const std::string name("A\0B", 3);
  EXPECT_EQ(refused_field({{name, "c"}}), "spec.environment." + name);
  EXPECT_EQ(refused_field({{"A", name}}), "spec.environment.A");
}

}  // namespace
}  // namespace coppice::support
