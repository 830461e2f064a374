// The daemon that was there before, while it ends.
#pragma once

#include <string>

namespace coppice::cli {

// A daemon that ends has left its socket already and still holds its state directory, for as long as its
// jobs take to stop. (One whose supervisor is only being started again keeps its socket: nobody comes here then.) Waits
// until it is gone and its keeper has let go too, within the bound that a daemon sets itself for that; says so
// on standard error if it takes long. Does nothing when nobody holds the directory, or when who holds it cannot be
// told: then the next daemon's own refusal says what is wrong. Throws nothing.
void await_predecessor(const std::string& state_directory);

}  // namespace coppice::cli
