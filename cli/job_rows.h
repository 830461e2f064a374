// Jobs as rows of a table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/table.h"
#include "config/job.h"

namespace coppice::cli {

enum class EndColumn { left_out, shown };

std::vector<std::string> job_titles(EndColumn end);

// As many cells as there are titles. `now` in microseconds since the epoch.
std::vector<Cell> job_row(const config::Job& job, EndColumn end, std::int64_t now);

}  // namespace coppice::cli
