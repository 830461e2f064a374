#include "config/places.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace coppice::config {
namespace {

// Puts the environment back as it was.
class PlacesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME", "COPPICE_SOCKET"}) {
      const char* value = std::getenv(name);
      if (value) before_[name] = value;
      else before_[name] = std::nullopt;
      unsetenv(name);
    }
    std::string pattern = testing::TempDir() + "/places.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override {
    for (const auto& [name, value] : before_)
      if (value) setenv(name.c_str(), value->c_str(), 1);
      else unsetenv(name.c_str());
    std::filesystem::remove_all(directory_);
  }
  std::string directory_;

 private:
  std::map<std::string, std::optional<std::string>> before_;
};


// An id that has no account.
constexpr uid_t kStranger = 3999999999;

TEST_F(PlacesTest, root_has_the_places_of_the_system) {
  setenv("XDG_RUNTIME_DIR", "/run/user/0", 1);
  const auto places = default_places(0);
  EXPECT_EQ(places.socket, "/run/coppice/socket");
  EXPECT_EQ(places.runtime_directory, "/run/coppice");
  EXPECT_EQ(places.state_directory, "/var/lib/coppice");
}

TEST_F(PlacesTest, a_user_has_those_of_the_XDG_variables) {
  setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  setenv("XDG_STATE_HOME", "/home/x/state", 1);
  const auto places = default_places(7);
  EXPECT_EQ(places.socket, "/run/user/7/coppice/socket");
  EXPECT_EQ(places.state_directory, "/home/x/state/coppice");
}

TEST_F(PlacesTest, relative_variables_do_not_count) {
  setenv("XDG_RUNTIME_DIR", "run", 1);
  setenv("XDG_STATE_HOME", "state", 1);
  setenv("HOME", "/home/x", 1);
  const auto places = default_places(7);
  EXPECT_EQ(places.runtime_directory, "/tmp/coppice-7");
  EXPECT_EQ(places.state_directory, "/home/x/.local/state/coppice");
}

TEST_F(PlacesTest, a_user_without_a_home_keeps_all_in_one_place) {
  EXPECT_EQ(default_places(kStranger).state_directory, "/tmp/coppice-3999999999/state");
}

TEST_F(PlacesTest, COPPICE_SOCKET_comes_first) {
  EXPECT_EQ(default_socket(0), "/run/coppice/socket");
  setenv("COPPICE_SOCKET", "", 1);
  EXPECT_EQ(default_socket(0), "/run/coppice/socket");
  setenv("COPPICE_SOCKET", "unix:@mine", 1);
  EXPECT_EQ(default_socket(0), "unix:@mine");
}

TEST_F(PlacesTest, a_private_directory_is_made_with_those_above_it) {
  const std::string path = directory_ + "/a/b/c";
  make_private_directory(path);
  make_private_directory(path);
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
}

TEST_F(PlacesTest, a_directory_that_others_write_to_is_refused) {
  const std::string path = directory_ + "/open";
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  ASSERT_EQ(chmod(path.c_str(), 0777), 0);
  EXPECT_THROW(make_private_directory(path), std::runtime_error);
}

TEST_F(PlacesTest, a_link_to_a_directory_is_refused) {
  const std::string target = directory_ + "/target";
  const std::string link = directory_ + "/link";
  ASSERT_EQ(mkdir(target.c_str(), 0700), 0);
  ASSERT_EQ(symlink(target.c_str(), link.c_str()), 0);
  EXPECT_THROW(make_private_directory(link), std::system_error);
}

TEST_F(PlacesTest, a_directory_of_another_user_is_refused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to give a directory away";
  const std::string path = directory_ + "/theirs";
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  EXPECT_THROW(make_private_directory(path), std::runtime_error);
}

TEST_F(PlacesTest, a_file_in_the_way_is_told_by_name) {
  try {
    make_private_directory("/dev/null/x");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("/dev/null"), std::string::npos);
  }
}

}  // namespace
}  // namespace coppice::config
