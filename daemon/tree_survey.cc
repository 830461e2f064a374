#include "daemon/tree_survey.h"

#include <algorithm>
#include <asio/post.hpp>
#include <exception>
#include <memory>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/notifier.h"
#include "daemon/output/worker.h"

namespace coppice::daemon {
namespace {

// About what waking the other threads costs; what the control thread does for one job is not much longer.
constexpr std::size_t kAtOnce = 32;
// The kernel gets no faster with more.
constexpr unsigned kThreads = 4;

// Shared by the threads that look at a share each. What they find is the control thread's once it has been told.
struct Shares {
  Shares(asio::io_context& io, std::vector<pid_t> all, std::size_t count)
      : members(std::move(all)), found(count), left(count), done(io) {}

  std::span<const pid_t> of(std::size_t share) const {
    const std::size_t begin = members.size() * share / found.size();
    return std::span(members).subspan(begin, members.size() * (share + 1) / found.size() - begin);
  }

  std::vector<pid_t> members;
  std::vector<cgroup::TreeSurvey> found;
  std::exception_ptr failure;
  std::size_t left;
  Notifier done;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

// None where there is no thread to be had.
Workers make_workers() {
  const unsigned wanted = std::clamp(std::thread::hardware_concurrency(), 1U, kThreads);
  Workers workers;
  try {
    while (workers.size() < wanted) workers.push_back(std::make_unique<Worker>());
  } catch (const std::system_error&) {
  }
  return workers;
}

void survey_share(const std::shared_ptr<Shares>& shares, std::size_t share, process::Look look, asio::io_context& io) {
  std::exception_ptr failure;
  try {
    shares->found[share] = cgroup::survey(shares->of(share), look);
  } catch (...) {
    failure = std::current_exception();
  }
  asio::post(io, [shares, failure] {
    if (failure) shares->failure = failure;
    --shares->left;
    shares->done.notify_all();
  });
}

}  // namespace

asio::awaitable<cgroup::TreeSurvey> survey_tree(asio::io_context& io, std::vector<pid_t> members, process::Look look) {
  if (members.size() <= kAtOnce) co_return cgroup::survey(members, look);
  // They go with this survey: each has descriptors, of which an idle daemon has none to spare.
  const Workers workers = make_workers();
  if (workers.empty()) co_return cgroup::survey(members, look);
  const auto shares = std::make_shared<Shares>(io, std::move(members), workers.size());
  for (std::size_t share = 0; share < workers.size(); ++share)
    asio::post(workers[share]->context(), [shares, share, look, &io] { survey_share(shares, share, look, io); });
  while (shares->left > 0) co_await shares->done.wait();
  if (shares->failure) std::rethrow_exception(shares->failure);
  cgroup::TreeSurvey whole = std::move(shares->found.front());
  for (std::size_t share = 1; share < shares->found.size(); ++share) whole.append(std::move(shares->found[share]));
  co_return whole;
}

}  // namespace coppice::daemon
