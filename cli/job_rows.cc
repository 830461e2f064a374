#include "cli/job_rows.h"

#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "config/names.h"

namespace coppice::cli {
namespace {

// The state, or for an ended job how it ended, with the code.
Cell state_cell(const config::Job& job) {
  if (!job.result) {
    const std::string priority = job.state == config::State::queued ? priority_words(job) : "";
    return {std::string(config::name_of(job.state)) + priority, colour_of(job.state)};
  }
  std::string text(config::name_of(job.result->outcome));
  const int code = exit_code_of(*job.result);
  if (code != 0) text += " " + std::to_string(code);
  return {text, colour_of(job.result->outcome)};
}

std::string end_words(const config::Job& job, std::int64_t now) {
  return job.result ? human_time(job.result->ended_at.time_since_epoch().count(), now) : "-";
}

}  // namespace

std::vector<std::string> job_titles(EndColumn end) {
  if (end == EndColumn::shown) return {"ID", "NAME", "SLICE", "STATE", "TIME", "ENDED", "COMMAND"};
  return {"ID", "NAME", "SLICE", "STATE", "TIME", "COMMAND"};
}

std::vector<Cell> job_row(const config::Job& job, EndColumn end, std::int64_t now) {
  std::vector<Cell> row = {{job.id, Colour::none},
                           {job.name.value_or("-"), Colour::bold},
                           {job.slice.empty() ? "-" : job.slice, Colour::none},
                           state_cell(job),
                           {age_words(job, now), Colour::none}};
  if (end == EndColumn::shown) row.push_back({end_words(job, now), Colour::none});
  row.push_back({command_words(job), Colour::none});
  return row;
}

}  // namespace coppice::cli
