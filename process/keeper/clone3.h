// clone3(2) for a child that shares our memory and runs on a stack of its own.
#pragma once

#include <linux/sched.h>

#include <cstddef>

namespace coppice::process {

// Returns the child's pid, or a negative errno. The child calls body(argument), which must not return,
// on the stack that `args` names; it never comes back into the caller's frame. With CLONE_VFORK
// the call returns when the child has exec'd or exited. Linux 5.3.
extern "C" long coppice_clone3(const clone_args* args, std::size_t size, void (*body)(void*),
                               void* argument);

}  // namespace coppice::process
