// Looks after one job from its start to its end: starts it, follows, waits, does to it what its plan says, and reads
// its log when it is over.
#pragma once

#include <string>

#include "tests/crash/ledger.h"

namespace coppice::crash {

// Fills in everything of `account` but what is seen at the end of all (`listed`). Does not throw: what goes wrong
// is `trouble`. Uses threads of its own, which have ended when it returns.
void conduct(const std::string& socket, Account& account);

// Answers how often the writer of `plan` was started, and what it noted.
void read_witness(Account& account);

}  // namespace coppice::crash
