// writer NAME=VALUE…: writes lines as it is told, notes what it has written, and ends as it is told.
//   witness=PREFIX  where it notes it (see witness.h)
//   seed=N          of its lines and of its sizes and pauses
//   lines=N         for each stream; -1: without end
//   streams=MASK    1 output, 2 error, 3 both
//   piece=BYTES     at most, in one write
//   pause=MICROS    at most, between two writes
//   end=code:N | end=signal:N
//   fail_first=K    the first K attempts end with code 9
//   term=N          on SIGTERM it ends with this code, not of the signal
//   child=1         leaves a child behind, in a session of its own, that never ends
//   deaf=1          where nobody reads any more it writes no more, and goes on; SIGPIPE is ignored
// copy NAME=VALUE…: copies its input to its output, and ends as `end` says; `deaf` as above.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "tests/crash/programs/lines.h"
#include "tests/crash/programs/witness.h"

namespace {

using namespace coppice::crash;

constexpr int kBroken = 99;
constexpr int kFailedAttempt = 9;

volatile std::sig_atomic_t asked_to_end = 0;

class Orders {
 public:
  Orders(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      const auto sign = word.find('=');
      if (sign != std::string::npos) values_[word.substr(0, sign)] = word.substr(sign + 1);
    }
  }
  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
  }
  long number(const std::string& name, long otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : std::atol(found->second.c_str());
  }

 private:
  std::map<std::string, std::string> values_;
};

[[noreturn]] void end_as(const std::string& how) {
  const int number = std::atoi(how.c_str() + how.find(':') + 1);
  if (how.rfind("signal:", 0) != 0) ::_exit(how.empty() ? 0 : number);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  std::signal(number, SIG_DFL);
  ::kill(::getpid(), number);
  ::_exit(kBroken);
}

// Answers with the number of this attempt.
int note_attempt(const std::string& prefix) {
  const int file = ::open(attempts_file(prefix).c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) ::_exit(kBroken);
  const std::string line = std::to_string(::getpid()) + "\n";
  if (::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(kBroken);
  int attempts = 0;
  char piece[4096];
  ::lseek(file, 0, SEEK_SET);
  for (ssize_t size = 0; (size = ::read(file, piece, sizeof piece)) > 0;)
    attempts += static_cast<int>(std::count(piece, piece + size, '\n'));
  ::close(file);
  return attempts;
}

Notes& open_notes(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::ftruncate(file, sizeof(Notes)) != 0) ::_exit(kBroken);
  void* place = ::mmap(nullptr, sizeof(Notes), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (place == MAP_FAILED) ::_exit(kBroken);
  ::close(file);
  return *static_cast<Notes*>(place);
}

class Stream {
 public:
  Stream(Text text, long lines, Written& written) : text_(text), lines_(lines), written_(written) {}

  bool over() const { return next_ == lines_ && buffer_.empty(); }

  // False if nobody reads any more.
  bool write(std::size_t size) {
    while (buffer_.size() < size && next_ != lines_) buffer_ += text_.line(static_cast<int>(next_++));
    size = std::min(size, buffer_.size());
    written_.begun = written_.done + size;
    const ssize_t taken = ::write(text_.stream, buffer_.data(), size);
    if (taken < 0) return errno == EINTR || give_up();
    written_.done = written_.done + static_cast<std::uint64_t>(taken);
    buffer_.erase(0, static_cast<std::size_t>(taken));
    return true;
  }

 private:
  bool give_up() {
    // One that never ends by itself has still to be ended.
    if (lines_ < 0)
      while (!asked_to_end) ::pause();
    next_ = lines_;
    buffer_.clear();
    return false;
  }

  Text text_;
  long lines_;
  Written& written_;
  long next_ = 0;
  std::string buffer_;
};

void leave_child() {
  if (::fork() != 0) return;
  ::setsid();
  for (;;) ::pause();
}

void write_all(const Orders& orders, int attempt, Notes& notes) {
  const auto seed = static_cast<std::uint64_t>(std::strtoull(orders.text("seed").c_str(), nullptr, 10));
  const auto piece = static_cast<std::uint64_t>(orders.number("piece", 4096));
  const auto pause = static_cast<std::uint64_t>(orders.number("pause", 0));
  const bool deaf = orders.number("deaf", 0) == 1;
  const long lines = orders.number("lines", 0), mask = orders.number("streams", 1);
  Stream output({seed, attempt, 1}, (mask & 1) ? lines : 0, notes.streams[0]);
  Stream error({seed, attempt, 2}, (mask & 2) ? lines : 0, notes.streams[1]);
  std::uint64_t random = mix(seed ^ 0x5eed);
  while (!asked_to_end && !(output.over() && error.over())) {
    random = mix(random);
    Stream& stream = error.over() || (!output.over() && random % 2 == 0) ? output : error;
    if (!stream.write(1 + (random >> 8) % piece) && !deaf) ::_exit(kBroken);
    if (pause > 0) ::usleep(static_cast<useconds_t>((random >> 32) % pause));
  }
}

void copy_input(bool deaf) {
  static char piece[65536];
  for (ssize_t size = 0; (size = ::read(STDIN_FILENO, piece, sizeof piece)) != 0;) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) ::_exit(kBroken);
    for (ssize_t at = 0; at < size;) {
      const ssize_t taken = ::write(STDOUT_FILENO, piece + at, static_cast<std::size_t>(size - at));
      if (taken < 0 && errno == EINTR) continue;
      if (taken < 0 && !deaf) ::_exit(kBroken);
      at += taken < 0 ? size : taken;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Orders orders(argc, argv);
  const std::string witness = orders.text("witness");
  if (!orders.text("term").empty()) std::signal(SIGTERM, [](int) { asked_to_end = 1; });
  const bool deaf = orders.number("deaf", 0) == 1;
  if (deaf) std::signal(SIGPIPE, SIG_IGN);
  const int attempt = witness.empty() ? 1 : note_attempt(witness);
  if (orders.number("child", 0) == 1) leave_child();
  if (argc > 1 && std::strcmp(argv[1], "copy") == 0) {
    copy_input(deaf);
  } else {
    write_all(orders, attempt, open_notes(notes_file(witness, attempt)));
  }
  if (asked_to_end) ::_exit(static_cast<int>(orders.number("term", 0)));
  if (attempt <= orders.number("fail_first", 0)) ::_exit(kFailedAttempt);
  end_as(orders.text("end"));
}
