// Files of settings: what they may say, and what is said about mistakes in them.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "daemon/settings/files.h"
#include "daemon/settings/key.h"
#include "daemon/settings/origin.h"
#include "daemon/settings/report.h"
#include "daemon/settings/value.h"

namespace coppice::daemon {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Faults = std::vector<std::string>;

Reading read(const std::string& text) {
  Reading reading;
  read_settings_text("f.toml", text, reading);
  return reading;
}

Settings settings(const std::string& text) {
  const Reading reading = read(text);
  EXPECT_EQ(reading.faults, Faults{});
  return settings_of(reading.values, Settings());
}

std::string fault(const std::string& text) {
  const Reading reading = read(text);
  return reading.faults.size() == 1 ? reading.faults.front() : std::to_string(reading.faults.size()) + " faults";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Settings, every_kind_of_key_is_read) {
  const Settings read = settings(R"(
    sockets = ["/run/a;mode=0666", "unix:@b"]
    state = "/s"
    idle-exit = "1m30s"
    at-shutdown = "leave"
    stop-timeout = "250ms"
    restarts = 3
    admin-group = "adm"
    [history]
    max-age = "90d"
    max-bytes = "2G"
    max-jobs = 7
  )");
  EXPECT_EQ(read.sockets, (std::vector<std::string>{"/run/a;mode=0666", "unix:@b"}));
  EXPECT_EQ(read.state_directory, "/s");
  EXPECT_EQ(read.idle_exit, 90s);
  EXPECT_TRUE(read.leave_jobs);
  EXPECT_EQ(read.stop_timeout, 250ms);
  EXPECT_EQ(read.restarts, 3);
  EXPECT_EQ(read.admin_group, "adm");
  EXPECT_EQ(read.history.age, std::chrono::hours(24 * 90));
  EXPECT_EQ(read.history.bytes, std::int64_t{2} << 30);
  EXPECT_EQ(read.history.jobs, 7);
}

TEST(Settings, a_user_has_the_quotas_of_all_but_for_what_is_said_of_it) {
  // Wherever in the file that stands.
  const Settings read = settings(R"(
    [quotas.user.alice]
    live-jobs = "unlimited"
    [quotas.user."b.c"]
    memory = "1G"
    [quotas]
    live-jobs = 5
    requests = 9
  )");
  EXPECT_EQ(read.quotas.live_jobs, 5);
  const Quotas& alice = read.user_quotas.at("alice");
  EXPECT_EQ(alice.live_jobs, Quotas::kUnlimited);
  EXPECT_EQ(alice.requests, 9);
  EXPECT_EQ(read.user_quotas.at("b.c").memory, std::int64_t{1} << 30);
  EXPECT_EQ(read.user_quotas.at("b.c").live_jobs, 5);
}

TEST(Settings, D4_an_unknown_key_is_told_with_its_place_and_what_may_have_been_meant) {
  EXPECT_EQ(fault("\nstop-timout = \"3s\""), "f.toml:2: key \"stop-timout\" is unknown: did you mean \"stop-timeout\"?");
  EXPECT_EQ(fault("[history]\nmax-job = 1"), "f.toml:2: key \"history.max-job\" is unknown: did you mean \"history.max-jobs\"?");
  EXPECT_EQ(fault("max-age = \"3d\""), "f.toml:1: key \"max-age\" is unknown: did you mean \"history.max-age\"?");
  EXPECT_EQ(fault("[history]\nelephants = 1"),
            "f.toml:2: key \"history.elephants\" is unknown: [history] has max-jobs, max-age, max-bytes");
  EXPECT_TRUE(contains(fault("[elephants]\nbig = true"), "f.toml:1: key \"elephants\" is unknown: there are sockets, state"));
  EXPECT_TRUE(contains(fault("[quotas.user.x]\nlive-job = 1"), "f.toml:2: key \"quotas.live-job\" is unknown: did you mean"));
}

TEST(Settings, D4_a_wrong_value_is_told_with_its_place_and_what_is_allowed) {
  EXPECT_EQ(fault("at-shutdown = \"halt\""),
            "f.toml:1: key \"at-shutdown\" has a wrong value: expected \"stop\" or \"leave\"");
  EXPECT_EQ(fault("restarts = 0"),
            "f.toml:1: key \"restarts\" has a wrong value: expected a whole number from 1 to 1000000");
  // Of what: nobody can tell.
  const std::string unit =
      "f.toml:1: key \"stop-timeout\" has a wrong value: expected a duration such as \"30s\" or \"1m30s\", from 1ms to 1d";
  EXPECT_EQ(fault("stop-timeout = 30"), unit);
  EXPECT_EQ(fault("stop-timeout = \"30\""), unit);
  EXPECT_EQ(fault("stop-timeout = \"2d\""), unit);
  EXPECT_EQ(fault("stop-timeout = 2020-01-01"), unit);
  EXPECT_EQ(fault("state = \"var/lib\""), "f.toml:1: key \"state\" has a wrong value: expected an absolute path");
  EXPECT_TRUE(contains(fault("sockets = [3]"), "expected a list of addresses"));
  EXPECT_TRUE(contains(fault("sockets = [\"/a;mode=rw\"]"), "an octal mode"));
  EXPECT_TRUE(contains(fault("[quotas]\nlive-jobs = -1"), "f.toml:2: key \"quotas.live-jobs\""));
  EXPECT_TRUE(contains(fault("[quotas.user.x]\nlive-jobs = \"many\""), "f.toml:2: key \"quotas.user.x.live-jobs\""));
  EXPECT_EQ(fault("history = 3"), "f.toml:1: key \"history\" is a table: write [history]");
  EXPECT_TRUE(contains(fault("[stop-timeout]"), "expected a duration"));
}

TEST(Settings, D4_every_mistake_is_told_and_one_of_the_language_with_its_line) {
  EXPECT_EQ(read("a = 1\nrestarts = \"x\"\n[quotas]\nb = 2").faults.size(), 3u);
  EXPECT_TRUE(contains(fault("restarts = 1\nrestarts = 2"), "f.toml:2: "));
  EXPECT_TRUE(contains(fault("restarts = "), "f.toml:1: "));
}

class Files : public testing::Test {
 protected:
  Files() {
    std::string pattern = "/tmp/coppice-settings-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directory(file() + ".d");
  }
  ~Files() override { fs::remove_all(folder_); }

  std::string file() const { return folder_ + "/coppiced.toml"; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ + "/" + name) << text; }

  std::string folder_;
};

TEST_F(Files, drop_ins_count_after_the_file_in_the_order_of_their_names_key_by_key) {
  write("coppiced.toml", "restarts = 1\n[history]\nmax-jobs = 1\nmax-bytes = 1");
  write("coppiced.toml.d/20-b.toml", "[history]\nmax-jobs = 3");
  write("coppiced.toml.d/10-a.toml", "[history]\nmax-jobs = 2\nmax-bytes = 2");
  write("coppiced.toml.d/30-c.toml.off", "[history]\nmax-jobs = 4");
  const Reading reading = read_settings(file(), true);
  EXPECT_EQ(reading.faults, Faults{});
  const Settings settings = settings_of(reading.values, Settings());
  EXPECT_EQ(settings.restarts, 1);
  EXPECT_EQ(settings.history.jobs, 3);
  EXPECT_EQ(settings.history.bytes, 2);
  EXPECT_EQ(words_of(reading.values.at("history.max-jobs").source), file() + ".d/20-b.toml:2");
}

TEST_F(Files, D4_mistakes_of_all_files_are_told_at_once) {
  write("coppiced.toml", "a = 1");
  write("coppiced.toml.d/b.toml", "b = 1");
  EXPECT_EQ(read_settings(file(), true).faults.size(), 2u);
}

TEST_F(Files, a_missing_file_is_fine_unless_it_was_named) {
  EXPECT_EQ(read_settings(file(), false).faults, Faults{});
  EXPECT_EQ(read_settings(file(), true).faults,
            Faults{file() + ": there is no such file: make it, or leave --config out"});
  EXPECT_EQ(read_settings("/dev/null", true).faults, Faults{});
}

TEST_F(Files, what_others_can_write_to_is_not_read) {
  write("coppiced.toml", "restarts = 1");
  ASSERT_EQ(::chmod(file().c_str(), 0666), 0);
  EXPECT_EQ(read_settings(file(), true).faults, Faults{file() + ": can be written to by everybody: chmod o-w it"});
  fs::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_EQ(read_settings(file(), true).faults, Faults{file() + ": is no file: remove it, or name another"});
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  fs::remove(file());
  write("coppiced.toml", "restarts = 1");
  ASSERT_EQ(::chown(file().c_str(), 65534, 65534), 0);
  EXPECT_EQ(read_settings(file(), true).faults, Faults{file() + ": belongs to user 65534: chown it to root"});
}

TEST_F(Files, the_command_line_counts_before_the_files) {
  write("coppiced.toml", "restarts = 1\nstop-timeout = \"7s\"");
  SettingsOrigin origin;
  origin.file = file();
  Assignment word;
  word.key = find_key("restarts");
  word.value = std::int64_t{5};
  assign(origin.words, word);
  const Settings settings = settings_from(origin, read_now(origin).values);
  EXPECT_EQ(settings.restarts, 5);
  EXPECT_EQ(settings.stop_timeout, 7s);
}

TEST_F(Files, a_supervisor_that_follows_another_takes_from_the_files_what_a_reload_would) {
  write("coppiced.toml", "state = \"/new\"\nstop-timeout = \"9s\"");
  SettingsOrigin origin;
  origin.file = file();
  origin.started = true;
  origin.at_start = "state = \"/old\"\nstop-timeout = \"7s\"\nrestarts = 4\n";
  Faults remarks;
  Settings settings = settings_from(origin, read_for_start(origin, remarks).values);
  EXPECT_EQ(settings.state_directory, "/old");
  EXPECT_EQ(settings.restarts, 4);
  EXPECT_EQ(settings.stop_timeout, 9s);
  EXPECT_EQ(remarks, Faults{});
  // And with mistakes in them nothing: its jobs need it.
  write("coppiced.toml", "stop-timeout = 9");
  settings = settings_from(origin, read_for_start(origin, remarks).values);
  EXPECT_EQ(settings.stop_timeout, 7s);
  EXPECT_EQ(remarks.size(), 2u);
}

// Something else than the default, for any key.
Value another(const Key& key) {
  switch (key.kind) {
    case Kind::text: return std::string("a \"b\" \\ c\n\xc3\xa4");
    case Kind::path: return std::string("/a b");
    case Kind::addresses: return std::vector<std::string>{"/a;mode=0660", "unix:@b"};
    case Kind::choice: return std::string(key.choices.back());
    default: return key.least + 1;
  }
}

TEST(Keys, each_key_keeps_its_value_through_a_file) {
  Assignments all;
  for (const Key& key : keys()) {
    Assignment one;
    one.key = &key;
    one.value = another(key);
    assign(all, one);
    if (!key.name.starts_with("quotas.")) continue;
    one.user = "a \"b\".c";
    assign(all, one);
  }
  const Reading reading = read(file_text(all));
  EXPECT_EQ(reading.faults, Faults{});
  ASSERT_EQ(reading.values.size(), all.size());
  for (const auto& [name, assignment] : all) EXPECT_EQ(reading.values.at(name).value, assignment.value) << name;
  const Settings settings = settings_of(reading.values, Settings());
  for (const Key& key : keys()) EXPECT_EQ(key.get(settings), another(key)) << key.name;
}

TEST(Keys, each_key_is_whole_and_in_the_manual) {
  std::set<std::string_view> names, options;
  const std::string manual = manual_page();
  for (const Key& key : keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_TRUE(key.option.empty() || options.insert(key.option).second) << key.name;
    EXPECT_TRUE(key.description.ends_with('.')) << key.name;
    EXPECT_LE(key.least, key.most) << key.name;
    std::string name(key.name.substr(key.name.rfind('.') + 1));
    for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2) name.insert(at, "\\");
    EXPECT_TRUE(contains(manual, ".TP\n.B " + name + "\n")) << key.name;
    const Value value = key.get(Settings());
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number && !(key.unlimited && *number == Quotas::kUnlimited)) {
      EXPECT_GE(*number, key.least) << key.name;
      EXPECT_LE(*number, key.most) << key.name;
    }
  }
}

TEST(Report, what_is_printed_can_be_read_again_and_tells_where_it_comes_from) {
  const Reading reading = read("restarts = 3\n[quotas.user.x]\nrequests = 4");
  Settings settings = settings_of(reading.values, Settings());
  settings.state_directory = "/s";
  settings.runtime_directory = "/r";
  settings.sockets = {"/r/socket"};
  const std::string text = print_settings(settings, reading.values);
  const Reading again = read(text);
  EXPECT_EQ(again.faults, Faults{}) << text;
  const Settings back = settings_of(again.values, Settings());
  for (const Key& key : keys()) EXPECT_EQ(key.get(back), key.get(settings)) << key.name;
  EXPECT_EQ(back.user_quotas.at("x").requests, 4);
  EXPECT_TRUE(contains(text, "# f.toml:1\n") && contains(text, "# f.toml:3\n") && contains(text, "# default\n")) << text;
}

TEST(Differences, a_reload_tells_what_it_changes_from_what_waits) {
  const Settings before = settings("restarts = 3\nstop-timeout = \"1s\"\n[quotas.user.x]\nrequests = 4");
  const Settings after = settings("restarts = 4\nstop-timeout = \"2s\"\n[quotas.user.x]\nrequests = 5\n[quotas.user.y]\n");
  const Difference found = difference(before, after);
  EXPECT_EQ(found.fixed, std::vector<std::string>{"restarts"});
  EXPECT_EQ(found.reloadable, (std::vector<std::string>{"stop-timeout", "quotas.user.x"}));
  const Settings mixed = with_reloadable(before, after);
  EXPECT_EQ(mixed.restarts, 3);
  EXPECT_EQ(mixed.stop_timeout, 2s);
  EXPECT_EQ(mixed.user_quotas.at("x").requests, 5);
}

}  // namespace
}  // namespace coppice::daemon
