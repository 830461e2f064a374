#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "cgroup/tree_list.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/output/run_on.h"
#include "daemon/process_view.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

struct Listing {
  std::vector<process::ProcessInfo> processes;
  std::exception_ptr failure;
};

}  // namespace

asio::awaitable<void> processes(varlink::Call& call, Services& services) {
  const auto job = find_job(call, services);
  nlohmann::json answer = {{"processes", nlohmann::json::array()},
                           {"usage", api::to_json(config::Usage{})}};
  if (job->over()) {
    if (job->result().usage) answer["usage"] = api::to_json(*job->result().usage);
  } else if (job->control()) {
    const auto usage = job->control()->pen().usage();
    if (usage) answer["usage"] = api::to_json(view(*usage));
    // Reading the command line of a process that hangs may hang too: not on this thread.
    auto tree = std::make_shared<cgroup::Group>(job->control()->pen().duplicate());
    auto work = [tree] {
      Listing listing;
      try {
        listing.processes = cgroup::list_tree(*tree);
      } catch (...) {
        listing.failure = std::current_exception();
      }
      return listing;
    };
    const Listing listing = co_await run_on(services.output.reading(), services.io, std::move(work));
    if (listing.failure) std::rethrow_exception(listing.failure);
    for (const auto& info : listing.processes)
      answer["processes"].push_back(api::to_json(view(info, job->owner())));
  }
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
