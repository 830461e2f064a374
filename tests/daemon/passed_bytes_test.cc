// Memory files of peers: read, or refused without being read.
#include "daemon/passed_bytes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory_file.h"
#include "base/unique_fd.h"
#include "config/check.h"
#include "config/errors.h"

namespace coppice::daemon {
namespace {

UniqueFd memory_file(off_t size, int seals) {
  UniqueFd file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::ftruncate(file.get(), size), 0);
  EXPECT_EQ(::fcntl(file.get(), F_ADD_SEALS, seals), 0);
  return file;
}

std::string refusal_of(int file) {
  try {
    static_cast<void>(read_sealed(file));
  } catch (const config::InvalidSpec& error) {
    EXPECT_EQ(error.field(), "spec.bytesFd");
    return error.reason();
  }
  return "";
}

TEST(PassedBytes, a_sealed_file_is_read_whole_whatever_its_offset) {
  const std::string bytes(100'000, '\xff');
  const UniqueFd file = sealed_memory_file("test", bytes);
  ASSERT_EQ(::lseek(file.get(), 5, SEEK_SET), 5);
  EXPECT_EQ(read_sealed(file.get()), bytes);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 5);
  EXPECT_EQ(read_sealed(sealed_memory_file("test", "").get()), "");
}

TEST(PassedBytes, the_two_seals_that_matter_suffice) {
  EXPECT_EQ(read_sealed(memory_file(3, F_SEAL_SHRINK | F_SEAL_WRITE).get()), std::string(3, '\0'));
}

TEST(PassedBytes, A3_a_file_that_can_still_change_is_refused) {
  for (const int seals : {0, F_SEAL_SHRINK, F_SEAL_WRITE, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL})
    EXPECT_EQ(refusal_of(memory_file(3, seals).get()),
              "is not sealed: add F_SEAL_SHRINK and F_SEAL_WRITE, so that nobody changes it while it is read");
}

// Each would block, or end never, if it were read.
TEST(PassedBytes, A3_what_is_no_memory_file_is_refused_without_being_read) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  constexpr char kReason[] = "is no memory file: make it with memfd_create(2)";
  EXPECT_EQ(refusal_of(read_end.get()), kReason);
  EXPECT_EQ(refusal_of(write_end.get()), kReason);
  for (const char* path : {"/dev/zero", "/dev/ptmx", "/proc/self/maps", "/"})
    EXPECT_EQ(refusal_of(UniqueFd(::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)).get()), kReason) << path;
  const UniqueFd sealed = sealed_memory_file("test", "x");
  const std::string path = "/proc/self/fd/" + std::to_string(sealed.get());
  EXPECT_EQ(refusal_of(UniqueFd(::open(path.c_str(), O_PATH | O_CLOEXEC)).get()), kReason);
}

TEST(PassedBytes, a_file_that_is_not_open_for_reading_is_refused) {
  const UniqueFd file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(file.get(), 1), 0);
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const UniqueFd writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(writer);
  ASSERT_EQ(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE), 0);
  EXPECT_EQ(refusal_of(writer.get()), "read \"the memory file\": bad file descriptor");
}

TEST(PassedBytes, A4_a_file_that_is_too_large_is_refused_without_being_read) {
  const off_t huge = off_t{1} << 40;
  EXPECT_EQ(refusal_of(memory_file(huge, F_SEAL_SHRINK | F_SEAL_WRITE).get()),
            "has 1099511627776 bytes, and at most 8388608 are read");
  const off_t most = config::cap::kBytes;
  EXPECT_EQ(refusal_of(memory_file(most, F_SEAL_SHRINK | F_SEAL_WRITE).get()), "");
}

TEST(PassedBytes, A4_commands_that_no_reply_could_tell_are_refused) {
  config::JobSpec spec;
  spec.commands = {{{"x"}, std::nullopt}};
  const auto add = [&](std::size_t count, char byte) {
    spec.commands[0].argv.insert(spec.commands[0].argv.end(), count, std::string(128 * 1024 - 1, byte));
  };
  add(40, 'x');
  EXPECT_NO_THROW(require_tellable(spec));
  // Four characters each as "\\xff", and a fifth for the backslash in JSON.
  add(20, '\xff');
  EXPECT_THROW(require_tellable(spec), config::InvalidSpec);
}

}  // namespace
}  // namespace coppice::daemon
