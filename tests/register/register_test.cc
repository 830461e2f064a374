#include "daemon/register/register.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/register/folder.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

void append(Register& book, const json& record) {
  book.append(json::to_cbor(record), Register::Weight::needed);
}

class RegisterTest : public testing::Test {
 protected:
  std::string directory() const { return folder_.path() + "/register"; }
  std::string segment(int number) const { return directory() + "/0000000" + std::to_string(number); }

  std::vector<json> replay(Register& book) {
    std::vector<json> all;
    book.replay([&](const json& entry, bool of_this_boot) {
      all.push_back(entry);
      bygone_ += of_this_boot ? 0 : 1;
    });
    return all;
  }

  std::vector<json> read() {
    Register book(directory());
    auto all = replay(book);
    problems_ = book.problems();
    return all;
  }

  void write(int from, int to, std::size_t size = 1) {
    Register book(directory());
    replay(book);
    for (int i = from; i < to; ++i)
      append(book, {{"job", i}, {"text", std::string(size, 'x')}});
  }

  Folder folder_;
  std::vector<std::string> problems_;
  int bygone_ = 0;
};

TEST_F(RegisterTest, what_was_appended_is_read_again_in_order) {
  write(0, 100);
  write(100, 150);
  const auto all = read();
  ASSERT_EQ(all.size(), 150u);
  for (int i = 0; i < 150; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].at("job"), i);
  EXPECT_TRUE(problems_.empty());
}

TEST_F(RegisterTest, bytes_that_are_not_utf8_are_kept) {
  {
    Register book(directory());
    append(book, {{"argv", "a\xff\x01" "b"}});
  }
  EXPECT_EQ(read().at(0).at("argv").get<std::string>(), "a\xff\x01" "b");
}

TEST_F(RegisterTest, D1_a_record_that_a_death_cut_short_is_cut_off_and_the_next_takes_its_place) {
  write(0, 3, 100);
  const auto whole = std::filesystem::file_size(segment(1));
  for (const std::uintmax_t cut : {1u, 3u, 50u, 103u}) {
    std::filesystem::resize_file(segment(1), whole - cut);
    EXPECT_EQ(read().size(), 2u) << cut;
    EXPECT_TRUE(problems_.empty()) << cut;
    write(2, 3, 100);
    EXPECT_EQ(read().size(), 3u) << cut;
    ASSERT_EQ(std::filesystem::file_size(segment(1)), whole);
  }
}

TEST_F(RegisterTest, D1_records_outlive_a_writer_that_is_killed) {
  const pid_t writer = ::fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) {
    Register book(directory());
    for (int i = 0; i < 50; ++i) append(book, {{"job", i}});
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(writer, &status, 0), writer);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read().size(), 50u);
}

TEST_F(RegisterTest, damage_ends_the_reading_of_its_segment_and_is_told) {
  write(0, 10);
  {
    std::fstream file(segment(1), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(64 + 4);  // the first byte of the first record
    file.put('\xff');
  }
  EXPECT_TRUE(read().empty());
  ASSERT_EQ(problems_.size(), 1u);
  EXPECT_NE(problems_[0].find(segment(1)), std::string::npos);
}

TEST_F(RegisterTest, a_file_that_is_none_of_ours_is_set_aside_and_told) {
  write(0, 2);
  std::ofstream(segment(2)) << "something else\n";
  EXPECT_EQ(read().size(), 2u);
  ASSERT_EQ(problems_.size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(segment(2) + ".damaged"));
  EXPECT_FALSE(std::filesystem::exists(segment(2)));
}

TEST_F(RegisterTest, D4_a_newer_version_is_refused_with_the_remedy) {
  std::filesystem::create_directory(directory());
  std::ofstream(segment(1)) << "COPPICE REGISTER 9\n" << std::string(64, '\0');
  try {
    Register book(directory());
    FAIL() << "it was taken";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("another version"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("--state"), std::string::npos);
  }
  EXPECT_TRUE(std::filesystem::exists(segment(1)));
}

TEST_F(RegisterTest, old_segments_go_when_their_owner_says_so) {
  Register book(directory());
  while (!book.crowded())
    append(book, {{"job", "old"}, {"text", std::string(200'000, 'x')}});
  const auto newest = book.newest();
  append(book, {{"job", "kept"}});
  book.drop_before(newest);
  EXPECT_FALSE(book.crowded());
  // One of those before is kept for what it tells of the past.
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  EXPECT_TRUE(std::filesystem::exists(segment(static_cast<int>(newest) - 1)));
  EXPECT_EQ(read().back().at("job"), "kept");
}

TEST_F(RegisterTest, what_counts_may_fill_more_than_that) {
  Register book(directory());
  const auto fill_until = [&](auto done) {
    while (!done()) append(book, {{"job", "live"}, {"text", std::string(200'000, 'x')}});
  };
  fill_until([&] { return book.crowded(); });
  const auto newest = book.newest();
  // It takes as much to record all that counts.
  fill_until([&] { return book.newest() == newest + Register::kSegments; });
  book.drop_before(newest);
  EXPECT_FALSE(book.crowded());
  const auto left = book.newest() - newest + 2;
  const auto after = book.newest();
  fill_until([&] { return book.crowded(); });
  EXPECT_EQ(book.newest(), after + left + 1);
}

TEST_F(RegisterTest, D1_records_of_another_boot_are_told_from_those_of_this_one) {
  write(0, 1);
  {
    std::fstream file(segment(1), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(24);
    file << "00000000-0000-0000-0000-000000000000";
  }
  Register book(directory());
  EXPECT_EQ(replay(book).size(), 1u);
  EXPECT_EQ(bygone_, 1);
  append(book, {{"job", 1}});
  EXPECT_TRUE(std::filesystem::exists(segment(2)));
  // A later life of this boot: the old segment is still there.
  bygone_ = 0;
  EXPECT_EQ(read().size(), 2u);
  EXPECT_EQ(bygone_, 1);
}

}  // namespace
}  // namespace coppice::daemon
