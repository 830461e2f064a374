#include "daemon/output/index_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace coppice::daemon {
namespace {

config::Time at(std::int64_t milliseconds) { return config::Time{std::chrono::milliseconds(milliseconds)}; }

class IndexOnDisk : public testing::Test {
 protected:
  IndexOnDisk() {
    std::string pattern = testing::TempDir() + "/coppice-index-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    path = directory + "/index";
  }
  ~IndexOnDisk() override { std::filesystem::remove_all(directory); }

  std::string directory;
  std::string path;
};

TEST_F(IndexOnDisk, it_tells_when_a_byte_came) {
  IndexFile file;
  file.begin(path, 1000);
  file.add(1000, at(1));
  file.add(1010, at(1001));
  const IndexReader reader(path);
  ASSERT_EQ(reader.size(), 2U);
  EXPECT_EQ(reader.until(999), 0U);
  EXPECT_EQ(reader.until(1000), 1U);
  EXPECT_EQ(reader.until(1009), 1U);
  EXPECT_EQ(reader.until(1010), 2U);
  EXPECT_EQ(reader.since(at(0)), 0U);
  EXPECT_EQ(reader.since(at(1)), 0U);
  EXPECT_EQ(reader.since(at(2)), 1U);
  EXPECT_EQ(reader.since(at(1002)), 2U);
  EXPECT_EQ(reader.entry(1).offset, 1010U);
  EXPECT_EQ(reader.entry(1).at, 1001'000);
}

TEST_F(IndexOnDisk, what_comes_soon_after_has_no_entry_of_its_own) {
  IndexFile file;
  file.begin(path, 0);
  file.add(0, at(1000));
  file.add(10, at(1099));
  file.add(20, at(1100));
  // The clock was set back.
  file.add(30, at(500));
  const IndexReader reader(path);
  ASSERT_EQ(reader.size(), 3U);
  EXPECT_EQ(reader.entry(1).offset, 20U);
  EXPECT_EQ(reader.entry(2).at, 500'000);
}

TEST_F(IndexOnDisk, it_stays_small_beside_its_segment) {
  IndexFile file;
  file.begin(path, 0);
  constexpr std::uint64_t kBytes = 100'000;
  for (std::uint64_t byte = 0; byte < kBytes; ++byte) file.add(byte, at(static_cast<std::int64_t>(byte) * 1000));
  const std::uint64_t size = std::filesystem::file_size(path);
  EXPECT_LE(size, sizeof(IndexHeader) + IndexFile::kFree + kBytes / IndexFile::kPart);
  EXPECT_GT(size, IndexFile::kFree + kBytes / IndexFile::kPart - 100);
}

TEST_F(IndexOnDisk, an_entry_that_is_torn_or_for_bytes_that_never_came_is_cut) {
  {
    IndexFile file;
    file.begin(path, 0);
    file.add(0, at(1000));
    file.add(10, at(2000));
    file.add(20, at(3000));
  }
  std::ofstream(path, std::ios::app | std::ios::binary) << "torn";
  IndexFile file;
  file.resume(path, {0, 20}, at(5000));
  file.add(20, at(6000));
  const IndexReader reader(path);
  ASSERT_EQ(reader.size(), 3U);
  EXPECT_EQ(reader.entry(2).offset, 20U);
  EXPECT_EQ(reader.entry(2).at, 6'000'000);
  EXPECT_EQ(std::filesystem::file_size(path), sizeof(IndexHeader) + 3 * sizeof(IndexEntry));
}

TEST_F(IndexOnDisk, one_that_is_missing_is_made_with_the_time_of_the_last_write) {
  IndexFile file;
  file.resume(path, {100, 200}, at(5000));
  file.add(200, at(6000));
  const IndexReader reader(path);
  ASSERT_EQ(reader.size(), 2U);
  EXPECT_EQ(reader.entry(0).offset, 100U);
  EXPECT_EQ(reader.entry(0).at, 5'000'000);
}

TEST_F(IndexOnDisk, what_was_discarded_is_written_over_and_costs_no_entry) {
  IndexFile file;
  file.begin(path, 0);
  file.add(0, at(1000));
  file.set_discarded(5, 0);
  file.set_discarded(7, ENOSPC);
  const IndexReader reader(path);
  EXPECT_EQ(reader.header().discarded, 7U);
  EXPECT_EQ(reader.header().error, ENOSPC);
  EXPECT_EQ(reader.size(), 1U);
}

TEST_F(IndexOnDisk, one_of_another_version_or_none_at_all_is_empty) {
  EXPECT_EQ(IndexReader(path).size(), 0U);
  std::ofstream(path, std::ios::binary) << std::string(1000, 'x');
  EXPECT_EQ(IndexReader(path).size(), 0U);
  EXPECT_EQ(IndexReader(path).header().discarded, 0U);
  std::filesystem::resize_file(path, 10);
  EXPECT_EQ(IndexReader(path).size(), 0U);
  EXPECT_EQ(IndexReader(directory).size(), 0U);
}

TEST(Segments, their_names_sort_and_tell_where_they_begin) {
  const LogPlace place{"/d", "output"};
  EXPECT_EQ(place.segment(0), "/d/output.0000000000000000");
  EXPECT_EQ(place.index(0xabc), "/d/output.0000000000000abc.index");
  EXPECT_LT(place.segment(9), place.segment(10));
  EXPECT_EQ(segment_begin("output", "output.0000000000000abc"), 0xabcU);
  EXPECT_EQ(segment_begin("output", "output.0000000000000abc.index"), std::nullopt);
  EXPECT_EQ(segment_begin("output", "output.000000000000abcg"), std::nullopt);
  EXPECT_EQ(segment_begin("output", "error.0000000000000abc"), std::nullopt);
  EXPECT_EQ(segment_begin("output", "output"), std::nullopt);
}

}  // namespace
}  // namespace coppice::daemon
