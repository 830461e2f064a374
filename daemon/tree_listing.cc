#include "daemon/tree_listing.h"

#include <exception>
#include <memory>
#include <utility>

#include "cgroup/tree_list.h"
#include "daemon/output/run_on.h"

namespace coppice::daemon {
namespace {

struct Listing {
  std::vector<process::ProcessInfo> processes;
  std::exception_ptr failure;
};

}  // namespace

asio::awaitable<std::vector<process::ProcessInfo>> list_running_tree(Services& services,
                                                                     cgroup::Group& tree) {
  auto group = std::make_shared<cgroup::Group>(tree.duplicate());
  auto work = [group] {
    Listing listing;
    try {
      listing.processes = cgroup::list_tree(*group);
    } catch (...) {
      listing.failure = std::current_exception();
    }
    return listing;
  };
  Listing listing = co_await run_on(services.output.reading(), services.io, std::move(work));
  if (listing.failure) std::rethrow_exception(listing.failure);
  co_return std::move(listing.processes);
}

}  // namespace coppice::daemon
