#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/process/keeper.h"

namespace coppice::process::test {
namespace {

class Exits : public KeeperTest {
 protected:
  void signal(const Command& command, int number, int expected = 0) {
    SignalRequest request;
    request.key = command.key;
    request.signal = static_cast<std::uint32_t>(number);
    ASSERT_EQ(keeper().send(request), 0);
    const auto answer = keeper().await<Signalled>(command.key);
    ASSERT_TRUE(answer);
    EXPECT_EQ(static_cast<int>(answer->error), expected);
  }

  // Asks again and again, for requests have no order among each other, until `done` or 30 s.
  bool comes_true(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done())
      if (std::chrono::steady_clock::now() > deadline || !keeper().answers()) return false;
    return true;
  }

  bool has_no_children() {
    const std::string pid = std::to_string(keeper().pid());
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + pid + "/task")) {
      std::ifstream children(task.path() / "children");
      if (std::string child; children >> child) return false;
    }
    return true;
  }

  void forget(Key key) { EXPECT_EQ(keeper().send(Forget{key}), 0); }
};

TEST_P(Exits, X1_each_exit_is_told_once_with_its_status_and_after_launched) {
  std::map<Key, int> wanted;
  for (int code = 0; code < 64; ++code)
    wanted[launch(probe({"exit", std::to_string(code * 4 + 3)})).key] = W_EXITCODE(code * 4 + 3, 0);
  for (const auto& [key, status] : wanted) ASSERT_TRUE(keeper().await<Exited>(key));
  EXPECT_TRUE(keeper().answers());

  std::map<Key, int> launched;
  std::map<Key, int> exited;
  for (const Report& report : keeper().seen) {
    if (const auto* start = std::get_if<Launched>(&report)) {
      EXPECT_EQ(exited.count(start->key), 0u) << "Exited came before Launched";
      ++launched[start->key];
    } else if (const auto* exit = std::get_if<Exited>(&report)) {
      EXPECT_EQ(launched[exit->key], 1);
      EXPECT_EQ(exit->status, wanted[exit->key]);
      ++exited[exit->key];
    }
  }
  for (const auto& [key, status] : wanted) EXPECT_EQ(exited[key], 1);
}

TEST_P(Exits, X5_a_signal_stays_a_signal) {
  for (const int number : {SIGTERM, SIGKILL, SIGPIPE, SIGSEGV, SIGRTMAX}) {
    Launch wanted = probe({"die", std::to_string(number)});
    wanted.limits = {{RLIMIT_CORE, 0, 0}};
    const auto exited = keeper().await<Exited>(launch(wanted).key);
    ASSERT_TRUE(exited && WIFSIGNALED(exited->status));
    EXPECT_EQ(WTERMSIG(exited->status), number);
  }
}

TEST_P(Exits, X1_what_the_command_used_is_told) {
  const auto exited = keeper().await<Exited>(launch(probe({"see"})).key);
  ASSERT_TRUE(exited);
  EXPECT_GT(exited->max_resident_kibibytes, 0u);
}

TEST_P(Exits, K4_a_signal_goes_to_the_living_only) {
  const Command command = launch(probe({"pause"}));
  ASSERT_TRUE(keeper().await<Launched>(command.key));
  signal(command, 0);
  signal(command, 12345, EINVAL);
  signal(command, SIGTERM);
  const auto exited = keeper().await<Exited>(command.key);
  ASSERT_TRUE(exited);
  EXPECT_EQ(WTERMSIG(exited->status), SIGTERM);
  signal(command, SIGTERM, ESRCH);
  Command stranger;
  stranger.key = 4711;
  signal(stranger, SIGKILL, ESRCH);
}

TEST_P(Exits, X2_orphans_are_reaped_and_counted) {
  constexpr int kOrphans = 50;
  const Command command = launch(probe({"orphans", std::to_string(kOrphans)}));
  ASSERT_TRUE(keeper().await<Exited>(command.key));
  std::uint32_t counted = 0;
  const auto count = [&] {
    counted = 0;
    for (const Report& report : keeper().seen)
      if (const auto* orphans = std::get_if<Orphans>(&report)) counted += orphans->count;
    return counted >= kOrphans;
  };
  // Those that end before their parent does are its own zombies first; all come to the keeper.
  EXPECT_TRUE(comes_true(count)) << counted;
  EXPECT_EQ(counted, static_cast<std::uint32_t>(kOrphans));
  EXPECT_TRUE(comes_true([&] { return has_no_children(); }));
}

TEST_P(Exits, X2_failed_starts_leave_no_zombie) {
  Launch wanted = probe({"see"});
  wanted.directory = "/absent/really";
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(keeper().await<Failed>(launch(wanted).key));
  EXPECT_TRUE(has_no_children());
}

TEST_P(Exits, X2_a_thousand_launches_leave_nothing_behind) {
  const Launch wanted = probe({"exit", "0"});
  ASSERT_TRUE(keeper().answers());
  const std::size_t before = open_descriptors(keeper().pid());
  for (int i = 0; i < 50; ++i) {
    std::vector<Command> batch;
    for (int j = 0; j < 20; ++j) batch.push_back(launch(wanted));
    std::size_t over = 0;
    while (over < batch.size()) {
      const auto report = keeper().next();
      ASSERT_TRUE(report);
      ASSERT_FALSE(std::holds_alternative<Failed>(*report));
      if (const auto* exited = std::get_if<Exited>(&*report)) {
        EXPECT_EQ(exited->status, 0);
        ++over;
      }
    }
    for (const Command& command : batch) forget(command.key);
  }
  EXPECT_TRUE(comes_true([&] { return open_descriptors(keeper().pid()) == before; }))
      << open_descriptors(keeper().pid()) << " descriptors, before: " << before;
  EXPECT_TRUE(comes_true([&] { return has_no_children(); }));
}

TEST_P(Exits, what_is_held_stays_open_until_it_is_dropped) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  Hold hold{7, 1, 1, {3}};
  ASSERT_EQ(keeper().send(hold, {writer.get()}), 0);
  writer.reset();
  ASSERT_TRUE(keeper().answers());
  char text[8];
  EXPECT_TRUE(::read(reader.get(), text, sizeof text) < 0 && errno == EAGAIN);
  // Another file under the same tag; then nothing.
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  hold.number = 2;
  ASSERT_EQ(keeper().send(hold, {null.get()}), 0);
  EXPECT_TRUE(comes_true([&] { return ::read(reader.get(), text, sizeof text) == 0; }));
  const std::size_t before = open_descriptors(keeper().pid());
  ASSERT_EQ(keeper().send(Drop{7, 3, 9}), 0) << "what is not there is none";
  ASSERT_EQ(keeper().send(Drop{7, 4, 3}), 0);
  EXPECT_TRUE(comes_true([&] { return open_descriptors(keeper().pid()) == before - 1; }));
}

TEST_P(Exits, S8_starts_that_hang_delay_no_other) {
  TestPen* frozen = pen();
  if (!frozen) return;
  frozen->write("cgroup.freeze", "1");
  ASSERT_TRUE(frozen->becomes("frozen", true));
  // More than there are spawners to begin with.
  std::vector<Command> stuck;
  for (int i = 0; i < 6; ++i) stuck.push_back(launch(probe({"exit", "5"}), frozen->fd()));
  for (int i = 0; i < 10; ++i) {
    const auto exited = keeper().await<Exited>(launch(probe({"exit", "6"})).key);
    ASSERT_TRUE(exited);
    EXPECT_EQ(WEXITSTATUS(exited->status), 6);
  }
  for (const Report& report : keeper().seen) {
    const auto* launched = std::get_if<Launched>(&report);
    EXPECT_FALSE(launched && launched->key <= stuck.back().key) << "a frozen start was told as launched";
  }
  frozen->write("cgroup.freeze", "0");
  std::map<Key, bool> left;
  for (const Command& command : stuck) left[command.key] = true;
  while (!left.empty()) {
    const auto report = keeper().next();
    ASSERT_TRUE(report);
    if (const auto* exited = std::get_if<Exited>(&*report)) left.erase(exited->key);
  }
}

TEST_P(Exits, D5_a_keeper_without_descriptors_refuses_and_recovers) {
  restart([] {
    const rlimit few{240, 240};
    ::setrlimit(RLIMIT_NOFILE, &few);
  });
  std::vector<Command> running;
  int error = 0;
  while (error == 0 && running.size() < 300) {
    Command command = launch(probe({"wait"}));
    while (error == 0) {
      const auto report = keeper().next();
      ASSERT_TRUE(report);
      if (const auto* failed = std::get_if<Failed>(&*report)) {
        EXPECT_EQ(failed->key, command.key);
        error = static_cast<int>(failed->error);
      }
      if (std::holds_alternative<Launched>(*report)) break;
    }
    running.push_back(std::move(command));
  }
  EXPECT_EQ(error, EMFILE);
  forget(running.back().key);
  running.pop_back();
  for (Command& command : running) {
    command.input.reset();
    ASSERT_TRUE(keeper().await<Exited>(command.key));
    forget(command.key);
    if (&command - running.data() == 10) break;
  }
  EXPECT_TRUE(keeper().await<Launched>(launch(probe({"exit", "0"})).key));
}

TEST_P(Exits, when_the_supervisor_hangs_up_nothing_is_left) {
  TestPen* own = pen();
  if (!own) return;
  const Command with_daemons = launch(probe({"daemons", "5"}), own->fd());
  ASSERT_TRUE(keeper().await<Exited>(with_daemons.key));
  TestPen* other = pen();
  const Command running = launch(probe({"pause"}), other->fd());
  ASSERT_TRUE(keeper().await<Launched>(running.key));
  const Command bare = launch(probe({"pause"}));
  ASSERT_TRUE(keeper().await<Launched>(bare.key));
  ASSERT_TRUE(own->becomes("populated", true));

  const auto status = keeper().end();
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, W_EXITCODE(1, 0));
  EXPECT_NE(keeper().errors().find("3 commands in its care"), std::string::npos) << keeper().errors();
  EXPECT_EQ(bare.text(), "");
  EXPECT_TRUE(own->becomes("populated", false));
  EXPECT_TRUE(other->becomes("populated", false));
}

TEST_P(Exits, a_keeper_with_nothing_left_ends_well) {
  const Command command = launch(probe({"exit", "3"}));
  ASSERT_TRUE(keeper().await<Exited>(command.key));
  forget(command.key);
  const auto status = keeper().end();
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 0);
  EXPECT_EQ(keeper().errors(), "");
}

COPPICE_BOTH_KEEPERS(Exits);

}  // namespace
}  // namespace coppice::process::test
