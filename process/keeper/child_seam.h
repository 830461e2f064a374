// Where a test adds a step of its own to the child. The keeper links child_seam_none.cc.
#pragma once

namespace coppice::process {

// Called in the child after all other steps, right before exec.
void before_exec();

}  // namespace coppice::process
