#include "process/keeper/child_seam.h"

namespace coppice::process {

void before_exec() {}

}  // namespace coppice::process
