#include "daemon/shortening.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "daemon/job.h"

namespace coppice::daemon {
namespace {

// Jobs that are recorded again before others have their turn.
constexpr std::size_t kInARow = 32;

}  // namespace

void Shortening::begin_if_due() {
  if (!book_.crowded() || std::exchange(under_way_, true)) return;
  auto shortening = shorten();
  asio::co_spawn(services_.io, std::move(shortening), asio::detached);
}

asio::awaitable<void> Shortening::shorten() {
  const std::uint64_t newest = book_.newest();
  std::size_t done = 0;
  for (const auto& job : services_.jobs.live_in("")) {
    if (!job->over()) job->save_whole();
    if (++done % kInARow == 0) co_await asio::post(services_.io, asio::use_awaitable);
  }
  for (const auto& slice : services_.slices.list(""))
    if (const SliceBounds bounds = services_.slices.bounds(slice.name); !bounds.none())
      services_.chronicle.note_bounds(slice.name, bounds);
  // What has ended is on record until the history has it.
  co_await services_.history.committed();
  book_.drop_before(newest);
  under_way_ = false;
}

}  // namespace coppice::daemon
