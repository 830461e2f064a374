#include "cgroup/pen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/tree_list.h"
#include "tests/cgroup/ground.h"

namespace coppice::cgroup::test {
namespace {

class PenTest : public Ground {};

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

TEST_F(PenTest, is_made_in_its_slice_and_removed_with_it) {
  const std::string slice = hierarchy().path() + "/ci.slice/build-42.slice";
  {
    Pen one = pen("ci/build-42");
    EXPECT_TRUE(exists(slice + "/JOB1.job/cgroup.procs"));
    EXPECT_EQ(one.name(), "ci/build-42/JOB1");
    EXPECT_FALSE(one.populated());
    EXPECT_TRUE(one.remove());
    EXPECT_FALSE(one);
    EXPECT_TRUE(one.remove());
  }
  EXPECT_FALSE(exists(hierarchy().path() + "/ci.slice"));
}

TEST_F(PenTest, of_a_taken_name_is_refused) {
  Pen one = Pen::create(hierarchy().slices().open(""), "A");
  try {
    Pen::create(hierarchy().slices().open(""), "A");
    FAIL() << "a second pen of one name";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EEXIST);
  }
  EXPECT_THROW(Pen::create(hierarchy().slices().open(""), "../A"), std::invalid_argument);
  EXPECT_THROW(Pen::create(hierarchy().slices().open(""), ""), std::invalid_argument);
  EXPECT_TRUE(one.remove());
}

TEST_F(PenTest, tells_when_it_is_populated_and_when_it_is_empty) {
  Pen one = pen();
  const int events = one.events();
  pollfd event{events, POLLPRI, 0};
  EXPECT_EQ(::poll(&event, 1, 0), 0) << "it has been read already";
  start(one.directory(), {"stay"});
  EXPECT_TRUE(one.populated());
  EXPECT_FALSE(one.remove());
  end(one);
  EXPECT_FALSE(one.populated());
  EXPECT_TRUE(one.remove());
}

TEST_F(PenTest, lists_processes_of_nested_and_threaded_cgroups_once) {
  Pen one = pen();
  const UniqueFd nested = make_cgroup(one.directory(), "nested");
  const UniqueFd threaded = make_cgroup(one.directory(), "threaded");
  const pid_t first = start(one.directory(), {"stay"}).pid;
  const pid_t second = start(nested.get(), {"stay"}).pid;
  std::vector<pid_t> expected{first, second};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(one.members(), expected);

  Pen other = pen();
  const UniqueFd part = make_cgroup(other.directory(), "part");
  Group part_group(UniqueFd(::dup(part.get())), "part");
  if (part_group.set("cgroup.type", "threaded") != 0) GTEST_SKIP() << "threaded cgroups";
  const pid_t third = start(other.directory(), {"stay"}).pid;
  EXPECT_EQ(part_group.set("cgroup.threads", std::to_string(third)), 0);
  EXPECT_EQ(part_group.members(), std::vector<pid_t>{third});
  EXPECT_EQ(other.members(), std::vector<pid_t>{third});
  end(other);
  EXPECT_TRUE(other.remove());
}

TEST_F(PenTest, is_removed_with_whatever_the_job_made_in_it) {
  Pen one = pen();
  const std::size_t before = open_descriptors();
  UniqueFd here = make_cgroup(one.directory(), "deep");
  // Deeper than descriptors, or a path name, would allow.
  const std::string name(200, 'd');
  int depth = 0;
  while (depth < 60 && ::mkdirat(here.get(), name.c_str(), 0755) == 0) {
    here = UniqueFd(::openat(here.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    static_cast<void>(make_cgroup(here.get(), "side"));
    ++depth;
  }
  here.reset();
  EXPECT_GT(depth, 20);
  EXPECT_TRUE(one.remove());
  EXPECT_LE(open_descriptors(), before);
}

TEST_F(PenTest, measures_what_its_tree_has_used) {
  Pen one = pen();
  start(one.directory(), {"work", "50"});
  EXPECT_TRUE(wait_until_empty(one));
  const auto usage = one.usage();
  ASSERT_TRUE(usage);
  EXPECT_GT((usage->cpu_user + usage->cpu_system).count(), 10'000);
  EXPECT_EQ(usage->memory_peak.has_value(), one.slice()->controllers().memory);
  EXPECT_EQ(one.out_of_memory_kills(), 0);
  EXPECT_TRUE(one.remove());
  EXPECT_FALSE(one.usage());
}

TEST_F(PenTest, that_is_gone_answers_and_does_nothing) {
  Pen one = pen();
  Pen none;
  EXPECT_TRUE(one.remove());
  for (Pen* gone : {&one, &none}) {
    EXPECT_TRUE(gone->freeze());
    EXPECT_TRUE(gone->kill());
    EXPECT_FALSE(gone->populated());
    EXPECT_FALSE(gone->frozen());
    EXPECT_EQ(gone->events(), -1);
    EXPECT_TRUE(gone->members().empty());
    EXPECT_EQ(gone->signal_all(9), 0u);
  }
}

TEST_F(PenTest, removed_behind_our_back_is_no_error) {
  Pen one = pen();
  EXPECT_EQ(::rmdir((hierarchy().path() + "/JOB1.job").c_str()), 0);
  EXPECT_TRUE(one.freeze());
  EXPECT_TRUE(one.kill());
  EXPECT_FALSE(one.populated());
  EXPECT_TRUE(one.members().empty());
  EXPECT_TRUE(one.remove());
}

TEST_F(PenTest, keeps_no_descriptor_when_it_is_removed) {
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    Pen one = pen("a/b");
    static_cast<void>(one.events());
    EXPECT_TRUE(one.remove());
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace coppice::cgroup::test
