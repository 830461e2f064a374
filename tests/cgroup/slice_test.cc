#include "cgroup/slice.h"

#include <unistd.h>

#include <stdexcept>

#include "tests/cgroup/ground.h"

namespace coppice::cgroup::test {
namespace {

class SliceTest : public Ground {};

TEST(SliceName, is_letters_digits_and_a_few_signs_between_slashes) {
  for (const char* good : {"", "ci", "ci/build-42", "A_b.c/0", "memory.max"}) EXPECT_FALSE(slice_problem(good)) << good;
  for (const char* bad : {"/", "/a", "a/", "a//b", ".", "..", "a/../b", ".hidden", "a b", "a\n", "\xc3\xa4"})
    EXPECT_TRUE(slice_problem(bad)) << bad;
  EXPECT_EQ(slice_problem("a//b"), "the slice \"a//b\" has an empty name");
}

TEST(SliceName, has_bounds) {
  EXPECT_FALSE(slice_problem(std::string(kSliceNameMax, 'a')));
  EXPECT_TRUE(slice_problem(std::string(kSliceNameMax + 1, 'a')));
  std::string deep = "a";
  for (std::size_t i = 1; i < kSliceDepthMax; ++i) deep += "/a";
  EXPECT_FALSE(slice_problem(deep));
  EXPECT_TRUE(slice_problem(deep + "/a"));
  EXPECT_TRUE(slice_problem(std::string(kSlicePathMax + 1, 'a')));
}

TEST_F(SliceTest, lives_as_long_as_somebody_holds_it) {
  const std::string directory = hierarchy().path() + "/a.slice/b.slice";
  SliceTree& slices = hierarchy().slices();
  auto first = slices.open("a/b");
  EXPECT_EQ(first, slices.open("a/b"));
  EXPECT_EQ(first, slices.find("a/b"));
  first.reset();
  EXPECT_EQ(::access(directory.c_str(), F_OK), -1);
  EXPECT_EQ(slices.find("a/b"), nullptr);
  EXPECT_EQ(slices.find("a"), nullptr);
  EXPECT_THROW(slices.open("../x"), std::invalid_argument);
}

TEST_F(SliceTest, is_made_again_after_thousands_have_been) {
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(hierarchy().slices().open("s" + std::to_string(i)));
  EXPECT_TRUE(hierarchy().slices().open("s1"));
}

TEST_F(SliceTest, K9_is_killed_as_one_tree_and_can_be_used_again) {
  auto slice = hierarchy().slices().open("ci");
  Pen one = pen("ci");
  Pen two = pen("ci/nested");
  Pen beside = pen("other");
  start(one.directory(), {"family", "3"});
  start(two.directory(), {"daemon"});
  const pid_t stranger = start(beside.directory(), {"stay"}).pid;
  EXPECT_EQ(slice->members().size(), 6u);
  EXPECT_TRUE(slice->freeze());
  EXPECT_TRUE(wait_until_frozen(*slice));
  EXPECT_TRUE(slice->kill());
  EXPECT_TRUE(wait_until_empty(*slice));
  EXPECT_TRUE(slice->thaw());
  EXPECT_TRUE(one.remove());
  EXPECT_TRUE(two.remove());
  EXPECT_TRUE(alive(stranger));

  Pen again = pen("ci");
  const pid_t pid = start(again.directory(), {"stay"}).pid;
  EXPECT_TRUE(alive(pid));
  EXPECT_EQ(slice->members(), std::vector<pid_t>{pid});
  end(again);
  EXPECT_TRUE(again.remove());
}

}  // namespace
}  // namespace coppice::cgroup::test
