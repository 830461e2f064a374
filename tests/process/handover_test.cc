#include "process/keeper/handover.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace coppice::process {
namespace {

std::string fixture() {
  std::ifstream file("tests/process/fixtures/handover_1.txt");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Handover, D2_version_1_is_read) {
  const auto handover = read_handover(fixture());
  ASSERT_TRUE(handover);
  ASSERT_TRUE(handover->descriptor_limit);
  EXPECT_EQ(handover->descriptor_limit->rlim_cur, 1024u);
  EXPECT_EQ(handover->last_key, 12u);
  EXPECT_EQ(handover->restarts, 3u);
  EXPECT_TRUE(handover->rest);
  ASSERT_EQ(handover->commands.size(), 4u);
  const KeptCommand& live = handover->commands[0];
  EXPECT_EQ(live.key, 7u);
  EXPECT_FALSE(live.over);
  EXPECT_EQ(live.pidfd, 200);
  EXPECT_EQ(live.pen, 201);
  EXPECT_EQ(live.launched.pid, 4321u);
  EXPECT_EQ(live.launched.identity_kind, IdentityKind::inode);
  EXPECT_EQ(live.launched.identity, 281474976710656u);
  EXPECT_TRUE(handover->commands[1].foreign);
  const auto& exited = std::get<Exited>(handover->commands[2].report);
  EXPECT_EQ(exited.key, 9u);
  EXPECT_EQ(exited.status, 32512);
  EXPECT_EQ(exited.known, 1u);
  EXPECT_EQ(exited.max_resident_kibibytes, 9876u);
  const auto& failed = std::get<Failed>(handover->commands[3].report);
  EXPECT_EQ(failed.step, Step::exec);
  EXPECT_EQ(failed.error, 2u);
  EXPECT_EQ(handover->commands[3].launched.key, 0u);
  ASSERT_EQ(handover->held.size(), 2u);
  EXPECT_EQ(handover->held[0].box, ~Box{0});
  EXPECT_EQ(handover->held[1].tag, 0xffffffffu);
  EXPECT_EQ(handover->descriptors(), (std::vector<int>{200, 201, 202, 203, 204, 205}));
}

TEST(Handover, D2_what_is_written_is_read_back) {
  const auto handover = read_handover(fixture());
  ASSERT_TRUE(handover);
  EXPECT_EQ(write_handover(*handover), fixture());
  const UniqueFd file = seal_handover(fixture());
  EXPECT_EQ(load_handover(file.get()), fixture());
  EXPECT_LT(::pwrite(file.get(), "x", 1, 0), 0);
}

TEST(Handover, A3_anything_else_is_refused) {
  const std::string sound = fixture();
  // No line may be missing its end, and nothing may follow.
  for (std::size_t size = 0; size < sound.size(); ++size)
    EXPECT_FALSE(read_handover(std::string_view(sound).substr(0, size))) << size;
  EXPECT_FALSE(read_handover(sound + "end\n"));
  const std::string title = "coppice-keeper handover 1\n";
  for (const char* line : {"unknown 1\n", "keys\n", "keys 1 2\n", "keys x\n", "keys 1 \n", "keys 99999999999999999999\n",
                           "command 1 0 0 1 1 1 7 1 0 0 0 0 0 0\n", "command 1 1 0 1 1 1 1 1 3 0 0 0 0 0\n",
                           "command 1 1 0 1 1 1 1 1 1 99 0 0 0 0\n", "\n"})
    EXPECT_FALSE(read_handover(title + line + "end\n")) << line;
  EXPECT_TRUE(read_handover(title + "end\n"));
  EXPECT_FALSE(read_handover("coppice-keeper handover 2\nend\n"));
  EXPECT_TRUE(reads_handover(kHandoverVersion));
  EXPECT_FALSE(reads_handover(kHandoverVersion + 1));
}

}  // namespace
}  // namespace coppice::process
