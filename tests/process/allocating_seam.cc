// A mistake on purpose, for the guard to find.
#include <cstdlib>

#include "process/keeper/child_seam.h"

namespace coppice::process {

void before_exec() {
  void* volatile block = std::malloc(100);
  std::free(block);
}

}  // namespace coppice::process
