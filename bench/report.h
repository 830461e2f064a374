// Results as a page of Markdown: ratios and aims first, then what they come from.
#pragma once

#include <iosfwd>

#include "bench/results.h"

namespace coppice::bench {

void write_report(std::ostream& out, const Results& results);

}  // namespace coppice::bench
