// Descriptors that a client passes: whatever they are, they stay as they are (O4).
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cstring>
#include <tuple>

#include "tests/streams/fixture.h"

namespace coppice::support {
namespace {

// A descriptor to pass, with flags that a careless daemon would change, and what keeps it alive.
struct Subject {
  UniqueFd fd;
  UniqueFd other;
};

using Make = Subject (*)(const std::string& folder);

Subject pipe_for_reading(const std::string&) {
  Pipe pipe;
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  return {std::move(pipe.read), std::move(pipe.write)};
}

Subject pipe_for_writing(const std::string&) {
  Pipe pipe;
  return {std::move(pipe.write), std::move(pipe.read)};
}

Subject file(const std::string& folder) {
  UniqueFd fd(::open((folder + "/passed").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  write_all(fd.get(), "0123456789");
  ::lseek(fd.get(), 4, SEEK_SET);
  return {std::move(fd), UniqueFd()};
}

Subject file_that_appends(const std::string& folder) {
  Subject subject = file(folder);
  ::fcntl(subject.fd.get(), F_SETFL, O_APPEND);
  return subject;
}

Subject socket(const std::string&) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    throw std::runtime_error("socketpair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Subject terminal(const std::string&) {
  UniqueFd control(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ::grantpt(control.get());
  ::unlockpt(control.get());
  UniqueFd fd(::open(::ptsname(control.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  return {std::move(fd), std::move(control)};
}

struct Case {
  const char* name;
  const char* stream;
  Make make;
};

// What can be seen of an open file description.
struct Seen {
  int flags = 0;
  off_t offset = 0;
  termios attributes{};
  bool locked = false;

  explicit Seen(int fd) : flags(::fcntl(fd, F_GETFL)), offset(::lseek(fd, 0, SEEK_CUR)) {
    static_cast<void>(::tcgetattr(fd, &attributes));
    // Of a description of one's own, so the lock of the one in question is somebody else's.
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const UniqueFd other(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct flock lock {};
    lock.l_type = F_WRLCK;
    locked = other && ::fcntl(other.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  }

  bool operator==(const Seen& other) const {
    // Field by field: between them lies padding.
    const auto modes = [](const termios& t) { return std::tie(t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag); };
    return flags == other.flags && offset == other.offset && locked == other.locked &&
           modes(attributes) == modes(other.attributes) &&
           std::memcmp(attributes.c_cc, other.attributes.c_cc, sizeof attributes.c_cc) == 0;
  }
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << "flags " << seen.flags << " offset " << seen.offset << " locked " << seen.locked;
}

class Passed : public Streams, public testing::WithParamInterface<Case> {};

TEST_P(Passed, O4_flags_offset_and_locks_are_never_changed) {
  const Subject subject = GetParam().make(daemon_->folder());
  ASSERT_TRUE(subject.fd);
  struct flock lock {};
  lock.l_type = F_RDLCK;
  // Files alone take one.
  static_cast<void>(::fcntl(subject.fd.get(), F_OFD_SETLK, &lock));
  const Seen before(subject.fd.get());
  json wanted = spec({"sleep", "1000"});
  wanted["output"] = stream("null");
  wanted[GetParam().stream] = passed(0);
  const json job = start(client(), wanted, {subject.fd.get()});
  const int number = GetParam().stream == std::string("input") ? 0 : GetParam().stream == std::string("output") ? 1 : 2;
  EXPECT_EQ(Seen(subject.fd.get()), before) << "during";
  EXPECT_EQ(flags_of(main_pid(job), number) & O_NONBLOCK, before.flags & O_NONBLOCK);
  kill(client(), job);
  EXPECT_EQ(Seen(subject.fd.get()), before) << "after";
}

INSTANTIATE_TEST_SUITE_P(
    Descriptors, Passed,
    testing::Values(Case{"pipe_input", "input", pipe_for_reading}, Case{"pipe_output", "output", pipe_for_writing},
                    Case{"pipe_error", "error", pipe_for_writing}, Case{"file_input", "input", file},
                    Case{"file_output", "output", file}, Case{"file_error", "error", file_that_appends},
                    Case{"appending_output", "output", file_that_appends}, Case{"socket_input", "input", socket},
                    Case{"socket_output", "output", socket}, Case{"socket_error", "error", socket},
                    Case{"terminal_input", "input", terminal}, Case{"terminal_output", "output", terminal},
                    Case{"terminal_error", "error", terminal}),
    [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

using Locked = Streams;

TEST_F(Locked, O4_the_lock_of_a_passed_file_outlives_the_job) {
  const Subject subject = file(daemon_->folder());
  struct flock lock {};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(subject.fd.get(), F_OFD_SETLK, &lock), 0);
  ASSERT_EQ(::flock(subject.fd.get(), LOCK_EX), 0);
  const UniqueFd rival(::open((daemon_->folder() + "/passed").c_str(), O_RDWR | O_CLOEXEC));
  const auto held = [&] {
    struct flock asked {};
    asked.l_type = F_WRLCK;
    return ::fcntl(rival.get(), F_OFD_GETLK, &asked) == 0 && asked.l_type == F_WRLCK &&
           ::flock(rival.get(), LOCK_EX | LOCK_NB) != 0;
  };
  ASSERT_TRUE(held());
  json wanted = shell("echo written; sleep 1000");
  wanted["output"] = passed(0);
  const json job = start(client(), wanted, {subject.fd.get()});
  EXPECT_TRUE(held());
  kill(client(), job);
  EXPECT_TRUE(held());
}

}  // namespace
}  // namespace coppice::support
