// Jobs of the memory and of the history, one after the other in the order of their ids, each once.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "daemon/job.h"
#include "daemon/methods/job_filter.h"
#include "daemon/services.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// What is in memory is looked at once, in the constructor; the history in pages, as they are asked for, so that any
// number of jobs takes as little memory as a page of them. A job that ends meanwhile may be told as it was or as
// it is.
class JobSequence {
 public:
  struct Options {
    bool newest_first = false;
    // What next() answers has an id and nothing else.
    bool ids_only = false;
    // Ids below are left out.
    std::string least_id = {};
  };

  JobSequence(Services& services, const JobFilter& filter, Options options);

  struct Entry {
    std::string id;
    // One of memory, or the text of one of the history.
    std::shared_ptr<Job> job;
    std::string text;
  };

  // Nothing behind the last one. Throws std::runtime_error if the history cannot be read.
  asio::awaitable<std::optional<Entry>> next();

 private:
  asio::awaitable<void> load();
  bool first_is_in_memory() const;

  Services& services_;
  HistoryFilter filter_;
  // The next one last.
  std::vector<std::shared_ptr<Job>> memory_;
  HistoryPage page_;
  std::size_t taken_ = 0;
};

// How many of the sequence are told, and whether with what those that run use.
struct JobReplies {
  std::optional<std::int64_t> most;
  bool usage = false;
};

// Answers with the `Job`s of the sequence, a reply each, and with NoSuchJob if there is none: Varlink has no empty
// sequence of replies. However many there are, others have their turn in between.
asio::awaitable<void> reply_jobs(varlink::Call& call, Services& services, JobSequence& sequence, JobReplies replies);

}  // namespace coppice::daemon
