#include "process/launch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <set>
#include <system_error>

#include "process/launch_record.h"

namespace coppice::process {
namespace {

using Texts = std::vector<std::string>;

Launch full() {
  Launch launch;
  launch.candidates = {"/bin/a", "/usr/bin/a"};
  launch.argv = {"a", "", "two words"};
  launch.environment = {"A=1", "B="};
  launch.directory = "/tmp";
  launch.root = "/srv";
  launch.files = {StreamFile{"/in", false, false}, StreamFile{"/out", true, true}, std::nullopt};
  launch.error_follows_output = true;
  launch.credentials = Credentials{1, 2, {9, 3, 5}};
  launch.limits = {{4, 0, 7}, {7, RLIM_INFINITY, RLIM_INFINITY}};
  launch.nice = -5;
  launch.cgroup_view = CgroupView::delegated;
  launch.cgroup2_mounts = {"/sys/fs/cgroup", "/cgroup two"};
  launch.cgroup1_mounts = {"/sys/fs/cgroup/cpu"};
  return launch;
}

Texts texts(char* const* from) {
  Texts found;
  for (; *from; ++from) found.push_back(*from);
  return found;
}

std::string bytes_of(int fd) {
  std::string bytes(1 << 16, '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

int read_bytes(LaunchRecord& record, const std::string& bytes) {
  const UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return record.read(file.get());
}

int error_of_seal(const Launch& launch) {
  try {
    seal(launch);
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

TEST(ProgramCandidates, S6_a_bare_name_is_looked_up_in_the_jobs_path) {
  EXPECT_EQ(program_candidates("cc", "/a:/b/", "/base"), (Texts{"/a/cc", "/b/cc"}));
  EXPECT_EQ(program_candidates("cc", std::nullopt, "/base"),
            (Texts{"/usr/local/bin/cc", "/usr/bin/cc", "/bin/cc"}));
}

TEST(ProgramCandidates, S6_a_name_with_a_slash_is_a_path) {
  EXPECT_EQ(program_candidates("/x/cc", "/a", "/base"), (Texts{"/x/cc"}));
  EXPECT_EQ(program_candidates("./cc", "/a", "/base"), (Texts{"/base/./cc"}));
  EXPECT_EQ(program_candidates("x/cc", "/a", "/"), (Texts{"/x/cc"}));
}

TEST(ProgramCandidates, S6_relative_entries_are_the_callers) {
  EXPECT_EQ(program_candidates("cc", "bin:", "/base"), (Texts{"/base/bin/cc", "/base/cc"}));
  EXPECT_EQ(program_candidates("cc", "", "/base"), (Texts{"/base/cc"}));
  EXPECT_EQ(program_candidates("", "/a", "/base"), Texts{});
}

TEST(Steps, S5_every_step_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (std::uint32_t i = 0; i < kSteps; ++i) {
    ASSERT_TRUE(step_from_number(i));
    names.insert(step_name(*step_from_number(i)));
  }
  EXPECT_EQ(names.size(), kSteps);
  EXPECT_FALSE(step_from_number(kSteps));
}

TEST(LaunchRecord, S2_a_sealed_launch_reads_back_whole) {
  const UniqueFd file = seal(full());
  LaunchRecord record;
  ASSERT_EQ(record.read(file.get()), 0);
  EXPECT_EQ(texts(record.candidates()), full().candidates);
  EXPECT_EQ(texts(record.arguments()), full().argv);
  EXPECT_EQ(texts(record.environment()), full().environment);
  EXPECT_EQ(texts(record.cgroup2_mounts()), full().cgroup2_mounts);
  EXPECT_EQ(texts(record.cgroup1_mounts()), full().cgroup1_mounts);
  EXPECT_TRUE(record.has(kRecordSealed) && record.has(kRecordDelegated));
  EXPECT_STREQ(record.directory(), "/tmp");
  EXPECT_STREQ(record.root(), "/srv");
  EXPECT_STREQ(record.file(0), "/in");
  EXPECT_STREQ(record.file(1), "/out");
  EXPECT_EQ(record.file(2), nullptr);
  EXPECT_EQ(record.header().files[1].flags, kFileAppends | kFileTruncates);
  EXPECT_EQ(record.header().files[2].flags, kFileFollows);
  ASSERT_EQ(record.limits().size(), 2u);
  EXPECT_EQ(record.limits()[0].hard, 7u);
  EXPECT_EQ(std::vector<std::uint32_t>(record.groups().begin(), record.groups().end()),
            (std::vector<std::uint32_t>{3, 5, 9}));
  EXPECT_EQ(record.header().nice, -5);
  EXPECT_TRUE(record.has(kRecordCredentials));
  EXPECT_FALSE(record.has(kRecordOomScore));
  // Sealed: not even its maker can change it.
  EXPECT_EQ(::ftruncate(file.get(), 0), -1);
  EXPECT_EQ(::pwrite(file.get(), "x", 1, 0), -1);
}

TEST(LaunchRecord, S2_large_ones_fit_up_to_the_cap) {
  Launch launch = full();
  launch.argv.push_back(std::string(3 << 20, 'x'));
  LaunchRecord record;
  ASSERT_EQ(record.read(seal(launch).get()), 0);
  EXPECT_EQ(texts(record.arguments()), launch.argv);
  launch.argv.push_back(std::string(kMaxRecordSize, 'x'));
  EXPECT_EQ(error_of_seal(launch), E2BIG);
}

TEST(LaunchRecord, S9_what_cannot_be_said_is_refused) {
  const auto refused = [](auto change) {
    Launch launch = full();
    change(launch);
    return error_of_seal(launch) == EINVAL;
  };
  EXPECT_TRUE(refused([](Launch& launch) { launch.candidates.clear(); }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.candidates = {"a"}; }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.argv.clear(); }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.argv[1] = std::string("a\0b", 3); }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.environment[0] = std::string("a\0b", 3); }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.directory = "tmp"; }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.root = "srv"; }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.files[1]->path = std::string("/a\0b", 4); }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.files[0]->append = true; }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.files[1].reset(); }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.files[2] = StreamFile{"/err", false, false}; }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.limits.resize(kMaxLimits + 1); }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.cgroup2_mounts = {"cgroup"}; }));
  EXPECT_TRUE(refused([](Launch& launch) { launch.cgroup1_mounts.resize(kMaxCgroupMounts + 1, "/a"); }));
}

TEST(LaunchRecord, A3_every_shorter_file_is_refused) {
  const std::string whole = bytes_of(seal(full()).get());
  LaunchRecord record;
  ASSERT_EQ(read_bytes(record, whole), 0);
  for (std::size_t size = 0; size < whole.size(); ++size)
    ASSERT_EQ(read_bytes(record, whole.substr(0, size)), EBADMSG) << size;
  EXPECT_EQ(read_bytes(record, whole + '\0'), EBADMSG);
}

TEST(LaunchRecord, A3_flags_that_do_not_fit_the_streams_are_refused) {
  LaunchRecord record;
  const auto read_with = [&](const auto& change) {
    std::string bytes = bytes_of(seal(full()).get());
    change(*reinterpret_cast<RecordHeader*>(bytes.data()));
    return read_bytes(record, bytes);
  };
  EXPECT_EQ(read_with([](RecordHeader&) {}), 0);
  EXPECT_EQ(read_with([](RecordHeader& head) { head.files[0].flags = kFileAppends; }), EBADMSG);
  EXPECT_EQ(read_with([](RecordHeader& head) { head.files[1].flags = kFileFollows; }), EBADMSG);
  EXPECT_EQ(read_with([](RecordHeader& head) { head.files[1].flags = 8; }), EBADMSG);
  EXPECT_EQ(read_with([](RecordHeader& head) { head.files[2].flags = kFileTruncates; }), EBADMSG);
  EXPECT_EQ(read_with([](RecordHeader& head) { head.files[1].path = 0; }), EBADMSG);
  // Nobody to follow.
  EXPECT_EQ(read_with([](RecordHeader& head) { head.files[1] = {}; }), EBADMSG);
  EXPECT_EQ(read_with([](RecordHeader& head) { head.directory = 0; }), EBADMSG);
  EXPECT_EQ(read_with([](RecordHeader& head) { ++head.root; }), EBADMSG);
  // Writable, and not its own.
  EXPECT_EQ(read_with([](RecordHeader& head) { head.flags &= ~kRecordSealed; }), EBADMSG);
}

// Changes bytes at random; what is accepted all the same must stay within the file.
TEST(LaunchRecord, A3_forged_offsets_and_counts_stay_within_the_file) {
  const std::string whole = bytes_of(seal(full()).get());
  std::mt19937 random(1);
  LaunchRecord record;
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = whole;
    for (unsigned i = random() % 4 + 1; i > 0; --i) {
      // The header and the offsets more often than the texts.
      const std::size_t place = random() % (round % 2 ? bytes.size() : sizeof(RecordHeader));
      bytes[place] = static_cast<char>(random() % 3 ? random() % 256 : random() % 8);
    }
    if (read_bytes(record, bytes) != 0) continue;
    ++accepted;
    const char* start = record.directory() - record.header().directory;
    const auto check = [&](char* const* list, std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; ++i) {
        ASSERT_TRUE(list[i] > start && list[i] < start + whole.size());
        ASSERT_LT(list[i] + std::strlen(list[i]), start + whole.size());
      }
      ASSERT_EQ(list[count], nullptr);
    };
    for (const char* path : {record.directory(), record.root(), record.file(0), record.file(1), record.file(2)}) {
      if (!path) continue;
      ASSERT_TRUE(path > start && path < start + whole.size() && *path == '/');
      ASSERT_LT(path + std::strlen(path), start + whole.size());
    }
    check(record.candidates(), record.header().candidates);
    check(record.arguments(), record.header().arguments);
    check(record.environment(), record.header().environment);
    check(record.cgroup2_mounts(), record.header().cgroup2_mounts);
    check(record.cgroup1_mounts(), record.header().cgroup1_mounts);
    const auto* groups_end = reinterpret_cast<const char*>(record.groups().data() + record.groups().size());
    ASSERT_LE(groups_end, start + whole.size());
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace coppice::process
