#include "cli/queue_words.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/terminal.h"
#include "config/job.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

config::Slice slice_at(varlink::Client& client, const std::string& path) {
  return api::slice_from_json(client.call(api::method::kListSlices, {{"slice", path}}).at("slice"));
}

// "", "ci", "ci/build-42" for "ci/build-42".
std::optional<config::Slice> full_slice(varlink::Client& client, const std::string& path) {
  for (std::size_t end = 0;;) {
    config::Slice slice = slice_at(client, path.substr(0, end));
    if (slice.max_jobs && slice.live >= *slice.max_jobs) return slice;
    if (end == path.size()) return std::nullopt;
    end = std::min(path.size(), path.find('/', end + 1));
  }
}

}  // namespace

std::string queue_words(varlink::Client& client, const json& job) {
  const std::string title = job_title(job) + " is queued";
  const auto slice = full_slice(client, job.at("slice").get<std::string>());
  // Room was made meanwhile.
  if (!slice) return title;
  const std::string name = slice->name.empty() ? "the daemon" : "slice " + printable(slice->name);
  std::string words = title + ": " + name + " runs " +
                      counted(static_cast<std::size_t>(slice->live), "job", "jobs") + " of at most " +
                      std::to_string(*slice->max_jobs);
  const auto others = static_cast<std::size_t>(std::max<std::int64_t>(0, slice->queued - 1));
  if (others > 0) words += ", and " + counted(others, "other waits", "others wait");
  return words;
}

}  // namespace coppice::cli
