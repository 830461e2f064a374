#include "daemon/methods/find_log.h"

#include "daemon/errors.h"
#include "daemon/methods/target.h"

namespace coppice::daemon {

std::shared_ptr<Log> find_log(const Job& job, const nlohmann::json& parameters) {
  const bool error = optional_string(parameters, "stream") == "error";
  auto log = error ? job.logs().error : job.logs().output;
  if (!log && !job.begun())
    throw wrong_state(job.state(), job.over() ? "the job was ended before it started and wrote nothing"
                                              : "the job has not started yet; ReadLog with `follow` waits for it");
  if (!log)
    throw wrong_state(job.state(), error ? "the error stream of this job is not captured"
                                         : "the output of this job is not captured");
  return log;
}

}  // namespace coppice::daemon
