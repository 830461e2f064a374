#include "bench/floor/log_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <exception>
#include <thread>
#include <vector>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "bench/chimes.h"
#include "bench/floor/raw_clone.h"

namespace coppice::bench {
namespace {

// The best of pipes (docs/kernel.md), and what is moved in one call at most.
constexpr int kPipe = 256 << 10;
constexpr std::size_t kTurn = 1 << 20;

struct Pipe {
  explicit Pipe(int size = 0) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
    from.reset(ends[0]);
    to.reset(ends[1]);
    if (size > 0) ::fcntl(from.get(), F_SETPIPE_SZ, size);
  }
  UniqueFd from, to;
};

UniqueFd new_file(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) throw errno_error("open", path, errno);
  // The file is gone with its descriptor.
  ::unlink(path.c_str());
  return file;
}

void await_success(const UniqueFd& pidfd, const std::string& program) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0)
    throw errno_error("waitid", program, errno);
  if (info.si_code != CLD_EXITED || info.si_status != 0) throw errno_error("run", program, ECHILD);
}

// One job's way, from its pipe to its file.
class Duct {
 public:
  Duct(const std::string& pour, const std::string& path, std::int64_t bytes)
      : program_(pour), pipe_(kPipe), file_(new_file(path)) {
    std::string size = std::to_string(bytes);
    char* argv[] = {program_.data(), size.data(), nullptr};
    pidfd_.reset(clone_and_exec({program_.c_str(), argv, -1, pipe_.to.get()}).pidfd);
    pipe_.to.reset();
  }

  // False at the end.
  bool move() {
    const ssize_t moved = ::splice(pipe_.from.get(), nullptr, file_.get(), &offset_, kTurn,
                                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved < 0 && errno != EAGAIN && errno != EINTR) throw errno_error("splice", "", errno);
    return moved != 0;
  }

  void finish() { await_success(pidfd_, program_); }
  int source() const { return pipe_.from.get(); }

 private:
  std::string program_;
  Pipe pipe_;
  UniqueFd file_, pidfd_;
  off64_t offset_ = 0;
};

void move_all(std::vector<Duct>& ducts, std::size_t first, std::size_t step) {
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::size_t open = 0;
  for (std::size_t i = first; i < ducts.size(); i += step, ++open) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, ducts[i].source(), &event) != 0)
      throw errno_error("epoll_ctl", "", errno);
  }
  while (open > 0) {
    epoll_event events[64];
    const int ready = ::epoll_wait(epoll.get(), events, 64, -1);
    for (int i = 0; i < ready; ++i) {
      Duct& duct = ducts[events[i].data.u64];
      if (duct.move()) continue;
      ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, duct.source(), nullptr);
      duct.finish();
      --open;
    }
  }
}

Micros cpu_of_thread() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return Micros(static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3);
}

struct Share {
  Micros cpu{0};
  std::exception_ptr failure;
};

void move_share(std::vector<Duct>& ducts, std::size_t first, std::size_t step, Share& share) {
  try {
    move_all(ducts, first, step);
  } catch (...) {
    share.failure = std::current_exception();
  }
  share.cpu = cpu_of_thread();
}

}  // namespace

Kept keep_output(const std::string& pour, const std::string& directory, int jobs, std::int64_t bytes, int threads) {
  std::vector<Duct> ducts;
  ducts.reserve(static_cast<std::size_t>(jobs));
  std::vector<Share> shares(static_cast<std::size_t>(threads));
  std::vector<std::thread> movers;
  const auto before = Clock::now();
  for (int i = 0; i < jobs; ++i) ducts.emplace_back(pour, directory + "/floor-" + std::to_string(i), bytes);
  for (std::size_t i = 0; i < shares.size(); ++i)
    movers.emplace_back([&, i] { move_share(ducts, i, shares.size(), shares[i]); });
  for (std::thread& mover : movers) mover.join();
  Kept kept;
  kept.whole = Clock::now() - before;
  for (const Share& share : shares) {
    if (share.failure) std::rethrow_exception(share.failure);
    kept.cpu += share.cpu;
  }
  return kept;
}

Series follow_output(const std::string& chime, const std::string& directory, int count) {
  Pipe input, output;
  const UniqueFd file = new_file(directory + "/chimes");
  std::string program = chime;
  char* argv[] = {program.data(), nullptr};
  const UniqueFd pidfd(clone_and_exec({program.c_str(), argv, -1, output.to.get(), input.from.get()}).pidfd);
  output.to.reset();
  Series series;
  off64_t offset = 0;
  for (int i = 0; i < count; ++i) {
    char line[kChime];
    if (::write(input.to.get(), "x", 1) != 1) throw errno_error("write", "", errno);
    if (::splice(output.from.get(), nullptr, file.get(), &offset, kTurn, 0) != static_cast<ssize_t>(kChime))
      throw errno_error("splice", "", errno);
    if (::pread(file.get(), line, kChime, offset - static_cast<off64_t>(kChime)) != static_cast<ssize_t>(kChime))
      throw errno_error("read", "", errno);
    series.each.push_back(since_chime({line, kChime}));
  }
  input.to.reset();
  await_success(pidfd, program);
  return series;
}

}  // namespace coppice::bench
