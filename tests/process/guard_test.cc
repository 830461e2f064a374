#include <cerrno>

#include "tests/process/keeper.h"

namespace coppice::process::test {
namespace {

class Guard : public KeeperTest {};

TEST_P(Guard, S2_an_allocation_between_clone_and_exec_aborts_and_names_the_caller) {
  const Command command = launch(probe({"see"}));
  const auto failed = keeper().await<Failed>(command.key);
  ASSERT_TRUE(failed);
  EXPECT_EQ(step_name(failed->step), "signals");
  EXPECT_EQ(static_cast<int>(failed->error), ECANCELED);
  // The child's standard error is the command's already.
  const std::string errors = read_to_end(command.errors.get());
  EXPECT_NE(errors.find("allocation between clone and exec: malloc"), errors.npos) << errors;
  EXPECT_NE(errors.find("before_exec"), errors.npos) << errors;
  EXPECT_EQ(command.text(), "");
  // That child alone: the keeper goes on.
  EXPECT_TRUE(keeper().answers());
}

INSTANTIATE_TEST_SUITE_P(Allocating, Guard,
                         ::testing::Values("tests/process/coppice-keeper-allocating"));

}  // namespace
}  // namespace coppice::process::test
