// Failures as sentences for the user.
#pragma once

#include <stdexcept>
#include <string>

#include "ipc/varlink/method_error.h"

namespace coppice::cli {

// The command cannot go on; what() is what the user is told.
class Trouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An error reply of the daemon as one sentence that says what to do, where there is something.
std::string sentence_of(const varlink::MethodError& error);

}  // namespace coppice::cli
