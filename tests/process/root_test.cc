// A job's root directory, and the files that the child opens as its streams.
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/process/call_filter.h"
#include "tests/process/keeper.h"
#include "tests/support/root_tree.h"
#include "tests/support/swapper.h"

namespace coppice::process::test {
namespace {

constexpr uid_t kNobody = 65534;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Root : public KeeperTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    KeeperTest::SetUp();
    if (directory_.empty()) return;
    ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
    root_ = directory_ + "/root";
    support::make_root_tree(root_);
  }

  // A line of shell as nobody, inside the root.
  Launch inside(const std::string& shell) const {
    Launch launch;
    launch.candidates = {"/bin/sh"};
    launch.argv = {"sh", "-c", shell};
    launch.credentials = Credentials{kNobody, kNobody, {}};
    launch.root = root_;
    return launch;
  }

  // Runs it to its end: what it said to standard error, which no test puts elsewhere.
  std::string said(const Launch& wanted) {
    const Command command = launch(wanted);
    const auto report = outcome(command.key);
    EXPECT_TRUE(std::holds_alternative<Launched>(report)) << failure_of(report);
    if (!std::holds_alternative<Launched>(report)) return {};
    EXPECT_TRUE(keeper().await<Exited>(command.key));
    return read_to_end(command.errors.get());
  }

  // Launched or Failed.
  Report outcome(Key key) {
    while (const auto report = keeper().next()) {
      if (const auto* launched = std::get_if<Launched>(&*report); launched && launched->key == key) return *report;
      if (const auto* failed = std::get_if<Failed>(&*report); failed && failed->key == key) return *report;
    }
    return Failed{};
  }

  static std::string failure_of(const Report& report) {
    const auto* failed = std::get_if<Failed>(&report);
    return failed ? std::string(step_name(failed->step)) + " " + std::to_string(failed->error) : "";
  }

  void expect_failure(const Launch& wanted, Step step, int error) {
    const Command command = launch(wanted);
    const auto failed = keeper().await<Failed>(command.key);
    ASSERT_TRUE(failed);
    EXPECT_EQ(step_name(failed->step), step_name(step));
    EXPECT_EQ(static_cast<int>(failed->error), error);
  }

  std::string root_;
};

TEST_P(Root, a_job_sees_its_root_and_starts_where_it_was_told) {
  EXPECT_EQ(said(inside("pwd -P >&2; cd /..; pwd -P >&2")), "/\n/\n");
  Launch wanted = inside("pwd -P >&2; read word < marker; echo $word >&2");
  wanted.directory = "/work";
  EXPECT_EQ(said(wanted), "/work\nwork\n");
}

TEST_P(Root, S5_a_root_that_cannot_be_entered_is_named) {
  Launch wanted = inside("true");
  wanted.root = directory_ + "/absent";
  expect_failure(wanted, Step::root, ENOENT);
  wanted.root = root_ + "/work/marker";
  expect_failure(wanted, Step::root, ENOTDIR);
  restart([] { ::prctl(PR_CAPBSET_DROP, CAP_SYS_CHROOT, 0, 0, 0); });
  expect_failure(inside("true"), Step::root, EPERM);
}

TEST_P(Root, S6_programs_are_looked_for_inside_the_root) {
  Launch wanted = inside("echo found >&2");
  wanted.candidates = {"/usr/local/bin/sh", "/bin/sh"};
  EXPECT_EQ(said(wanted), "found\n");
  // It is there, but not in the root.
  wanted.candidates = {root_ + "/bin/sh"};
  expect_failure(wanted, Step::exec, ENOENT);
}

TEST_P(Root, the_jobs_own_user_enters_and_opens) {
  ASSERT_EQ(::mkdir((root_ + "/private").c_str(), 0700), 0);
  Launch wanted = inside("true");
  wanted.directory = "/private";
  expect_failure(wanted, Step::chdir, EACCES);
  wanted = inside("true");
  wanted.files[1] = StreamFile{"/private/out", false, true};
  expect_failure(wanted, Step::output, EACCES);
  EXPECT_FALSE(std::filesystem::exists(root_ + "/private/out"));
  wanted.files[1] = StreamFile{"/work/out", false, true};
  said(wanted);
  struct stat made{};
  ASSERT_EQ(::stat((root_ + "/work/out").c_str(), &made), 0);
  EXPECT_EQ(made.st_uid, kNobody);
}

TEST_P(Root, S11_links_in_proc_to_other_processes_lead_nowhere) {
  const std::string proc = root_ + "/proc";
  ASSERT_EQ(::mkdir(proc.c_str(), 0755), 0);
  // In a mount namespace that ends with the keeper.
  restart([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("proc", proc.c_str(), "proc", 0, nullptr) != 0)
      ::_exit(125);
  });
  if (!keeper().answers()) GTEST_SKIP() << "nothing can be mounted here";
  support::make_marked(directory_ + "/outside", "outside");
  const std::string door = "/proc/" + std::to_string(::getpid()) + "/root" + directory_ + "/outside";
  Launch wanted = inside("read word < marker; echo $word >&2");
  wanted.credentials.reset();  // root may follow it: the shell itself gets there
  EXPECT_EQ(said(inside("true")), "");
  wanted.argv[2] = "cd " + door + "; " + wanted.argv[2];
  EXPECT_EQ(said(wanted), "outside\n");
  wanted.directory = door;
  expect_failure(wanted, Step::chdir, EXDEV);
  wanted.directory = "/";
  std::filesystem::create_symlink(door, root_ + "/work/door");
  wanted.files[1] = StreamFile{"/work/door/out", false, true};
  expect_failure(wanted, Step::output, EXDEV);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/outside/out"));
}

TEST_P(Root, S11_the_changed_root_holds_on_kernels_without_openat2) {
  support::make_marked(directory_ + "/outside", "outside");
  support::make_marked(root_ + "/outside", "inside");
  std::filesystem::create_symlink("../../outside", root_ + "/work/up");
  restart([] {
    if (!answer_for_kernel(SYS_openat2, ENOSYS)) ::_exit(125);
  });
  if (!keeper().answers()) GTEST_SKIP() << "no seccomp filter can be set here";
  Launch wanted = inside("read word < marker; echo $word >&2; echo written");
  wanted.directory = "/work/up";
  wanted.files[1] = StreamFile{"/work/up/out", false, true};
  EXPECT_EQ(said(wanted), "inside\n");
  EXPECT_EQ(text_of(root_ + "/outside/out"), "written\n");
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/outside/out"));
}

// In the root, /work/a is by turns a directory and a symbolic link. Taken from the real root the link leads to
// `outside`; inside the job's root there is a decoy at that path.
class Race : public Root {
 protected:
  static constexpr int kRounds = 1000;

  // What one start saw: the marker of its directory and that of its input, or the step that failed.
  std::string run(const std::string& prefix, const std::optional<std::string>& root) {
    Launch wanted = inside("read here < marker; read given; echo $here $given >&2; echo written");
    wanted.root = root;
    wanted.directory = prefix + "/work/a";
    wanted.files[0] = StreamFile{prefix + "/work/a/marker", false, false};
    wanted.files[1] = StreamFile{prefix + "/work/a/out", false, true};
    const Command command = launch(wanted);
    const Report report = outcome(command.key);
    if (const std::string failure = failure_of(report); !failure.empty()) return failure;
    EXPECT_TRUE(keeper().await<Exited>(command.key));
    return read_to_end(command.errors.get());
  }

  void race(const std::string& link) {
    const std::string outside = directory_ + "/outside";
    support::make_marked(outside, "outside");
    support::make_marked(root_ + "/outside", "decoy");
    support::make_marked(root_ + outside, "decoy");
    support::make_marked(root_ + "/work/a", "real");
    std::filesystem::create_symlink(link, root_ + "/work/b");
    const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    ASSERT_GE(::inotify_add_watch(watch.get(), outside.c_str(), IN_ALL_EVENTS), 0);

    std::map<std::string, int> seen;
    const support::Swapper swapper(root_ + "/work/a", root_ + "/work/b");
    for (int round = 0; round < kRounds; ++round) {
      std::istringstream words(run("", root_));
      for (std::string word; words >> word;) ++seen[word];
    }
    EXPECT_GT(swapper.swaps(), 0);
    EXPECT_GT(seen["real"], 0);
    EXPECT_GT(seen["decoy"], 0);
    // Whatever was resolved was one of the two, and every start succeeded.
    EXPECT_EQ(seen["real"] + seen["decoy"], 2 * kRounds);
    EXPECT_EQ(seen["outside"], 0);
    EXPECT_FALSE(std::filesystem::exists(outside + "/out"));
    char event[4096];
    EXPECT_EQ(::read(watch.get(), event, sizeof event), -1) << "somebody was in " << outside;

    // Without a root the same race does lead outside: this test would see it.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!std::filesystem::exists(outside + "/out") && std::chrono::steady_clock::now() < deadline)
      run(root_, std::nullopt);
    EXPECT_EQ(text_of(outside + "/out"), "written\n");
  }
};

TEST_P(Race, S11_an_absolute_symlink_swapped_in_leads_nowhere) { race(directory_ + "/outside"); }

TEST_P(Race, S11_a_climbing_symlink_swapped_in_leads_nowhere) { race("../../outside"); }

class Files : public Root {
 protected:
  // Outside any root, as the keeper's own user.
  Launch shell(const std::string& line) const {
    Launch launch = inside(line);
    launch.root.reset();
    launch.credentials.reset();
    return launch;
  }
};

TEST_P(Files, streams_are_files_when_asked) {
  std::ofstream(directory_ + "/in") << "given\n";
  Launch wanted = shell("read word; echo out $word; echo err $word >&2");
  wanted.files = {StreamFile{directory_ + "/in", false, false}, StreamFile{directory_ + "/out", false, true},
                  StreamFile{directory_ + "/err", false, true}};
  said(wanted);
  EXPECT_EQ(text_of(directory_ + "/out"), "out given\n");
  EXPECT_EQ(text_of(directory_ + "/err"), "err given\n");
}

TEST_P(Files, an_output_is_made_with_the_jobs_umask_and_emptied_or_added_to) {
  const std::string path = directory_ + "/out";
  Launch wanted = shell("echo one");
  wanted.umask = 027;
  wanted.files[1] = StreamFile{path, false, true};
  said(wanted);
  said(wanted);
  EXPECT_EQ(text_of(path), "one\n");
  struct stat made{};
  ASSERT_EQ(::stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0640u);
  wanted.files[1] = StreamFile{path, true, false};
  said(wanted);
  EXPECT_EQ(text_of(path), "one\none\n");
}

TEST_P(Files, error_follows_output_in_one_open_file) {
  Launch wanted = shell("echo a; echo b >&2; echo c");
  wanted.files[1] = StreamFile{directory_ + "/out", false, true};
  wanted.error_follows_output = true;
  EXPECT_EQ(said(wanted), "");
  EXPECT_EQ(text_of(directory_ + "/out"), "a\nb\nc\n");
}

TEST_P(Files, S3_the_child_has_its_files_and_nothing_else) {
  Launch wanted = shell("for fd in /proc/self/fd/*; do echo ${fd##*/}; done");
  wanted.files[0] = StreamFile{"/dev/null", false, false};
  wanted.files[1] = StreamFile{directory_ + "/out", false, true};
  wanted.error_follows_output = true;
  said(wanted);
  // The shell's own look at the directory is one of them.
  EXPECT_EQ(text_of(directory_ + "/out"), "0\n1\n2\n3\n");
}

TEST_P(Files, a_limit_of_three_descriptors_has_room_for_the_streams) {
  Launch wanted = shell("true");
  wanted.files[1] = StreamFile{directory_ + "/out", false, true};
  wanted.limits = {{RLIMIT_NOFILE, 3, 3}};
  // That the program's loader finds no room is its own affair.
  const Command command = launch(wanted);
  EXPECT_TRUE(keeper().await<Launched>(command.key));
}

TEST_P(Files, S5_a_file_that_cannot_be_opened_is_named_by_its_stream) {
  const StreamFile absent{directory_ + "/absent/file", false, false};
  const Step steps[] = {Step::input, Step::output, Step::error};
  for (std::size_t i = 0; i < 3; ++i) {
    Launch wanted = shell("true");
    wanted.files[i] = absent;
    expect_failure(wanted, steps[i], ENOENT);
  }
  Launch wanted = shell("true");
  wanted.files[1] = StreamFile{directory_, false, true};
  expect_failure(wanted, Step::output, EISDIR);
}

TEST_P(Files, S8_a_fifo_without_another_end_holds_up_its_own_start_alone) {
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Launch wanted = shell("echo through");
  wanted.files[1] = StreamFile{fifo, false, false};
  const Command waiting = launch(wanted);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(said(shell("echo other >&2")), "other\n");
  for (const Report& report : keeper().seen) {
    const auto* launched = std::get_if<Launched>(&report);
    EXPECT_FALSE(launched && launched->key == waiting.key);
  }
  const UniqueFd other_end(::open(fifo.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(keeper().await<Launched>(waiting.key));
  EXPECT_EQ(read_to_end(other_end.get()), "through\n");
}

TEST_P(Files, S8_a_start_that_waits_for_a_fifo_ends_with_its_pen) {
  TestPen* own = pen();
  if (!own) return;
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Launch wanted = shell("true");
  wanted.files[0] = StreamFile{fifo, false, false};
  const Command waiting = launch(wanted, own->fd());
  ASSERT_TRUE(own->becomes("populated", true));
  own->write("cgroup.kill", "1");
  const auto failed = keeper().await<Failed>(waiting.key);
  ASSERT_TRUE(failed);
  EXPECT_EQ(static_cast<int>(failed->error), ECANCELED);
  EXPECT_TRUE(keeper().answers());
}

COPPICE_BOTH_KEEPERS(Root);
COPPICE_BOTH_KEEPERS(Race);
COPPICE_BOTH_KEEPERS(Files);

}  // namespace
}  // namespace coppice::process::test
