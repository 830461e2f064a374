// How a keeper goes on as another program: by executing itself, or by leaving everything to a child.
#pragma once

#include <string>
#include <vector>

#include "process/keeper/handover.h"

namespace coppice::process {

// Itself: what is executed is the file that is there then, which may be a newer one.
struct OwnProgram {
  std::string path;
  std::vector<std::string> arguments;  // argv[0] first; without --resume
};

// The path that this program was executed by, absolute.
std::string own_path();

// Executes the program with --resume. The process stays, with its children and the descriptors that the hand-over names;
// its other threads end. Comes back only if that fails, with everything as it was and the errno.
int execute_again(const OwnProgram& program, const KeeperHandover& handover);

// The same in a child in a session of its own. 0 once it executes the program, else an errno, and there is no child.
int start_successor(const OwnProgram& program, const KeeperHandover& handover);

// After such an execution: what is in the file, whose descriptors are close-on-exec from here on. Nothing, with a word to
// standard error, if it cannot be read.
std::optional<KeeperHandover> resume_from(int file);

}  // namespace coppice::process
