#include "daemon/output/log.h"

#include <asio/post.hpp>
#include <cerrno>
#include <utility>

#include "base/errno_text.h"
#include "daemon/output/open_log.h"
#include "daemon/output/run_on.h"

namespace coppice::daemon {

Log::Log(Output& output, std::string directory, std::string name)
    : output_(output),
      file_(std::make_shared<LogFile>(std::move(directory), std::move(name), output.null_device())),
      changed_(output.control()) {}

std::uint64_t Log::position(std::int64_t offset) const {
  if (offset >= 0) return static_cast<std::uint64_t>(offset);
  // Unsigned negation is right for the smallest number too.
  const std::uint64_t back = 0 - static_cast<std::uint64_t>(offset);
  return back < size_ ? size_ - back : 0;
}

asio::awaitable<void> Log::wait_growth(std::uint64_t offset) {
  while (size_ <= offset && !ended_) co_await changed_.wait();
}

asio::awaitable<void> Log::wait_end() {
  while (!ended_) co_await changed_.wait();
}

asio::awaitable<UniqueFd> Log::open_afresh() {
  if (size_ == 0) {
    expect_file();
    made_early_ = true;
    auto create = [file = file_, ended = ended_] {
      const int error = file->create() ? 0 : file->error();
      if (ended) file->close();
      return error;
    };
    auto created = run_on(output_.writing(), output_.control(), std::move(create));
    const int error = co_await std::move(created);
    if (error != 0) throw errno_error("create log", path(), error);
  }
  auto opening = open_log(output_, path());
  UniqueFd opened = co_await std::move(opening);
  co_return opened;
}

void Log::remove() {
  if (!may_have_file_) return;
  asio::post(output_.writing(), [file = file_] { file->remove(); });
}

void Log::grew(std::uint64_t size, config::Time at) {
  if (ended_) return;
  last_output_ = std::chrono::steady_clock::now();
  if (size <= size_) return;
  index_.add(size_, at);
  size_ = size;
  changed_.notify_all();
}

void Log::finish(const End& end) {
  if (ended_) return;
  ended_ = true;
  end_ = end;
  if (made_early_) asio::post(output_.writing(), [file = file_] { file->close(); });
  changed_.notify_all();
}

}  // namespace coppice::daemon
