// What a field of a job file takes, in words.
#pragma once

#include <string>

#include "ipc/varlink/idl.h"

namespace coppice::cli {

// Why a value does not fit the interface, with what would: "unknown: expected one of argv, argv0".
std::string reason_of(const varlink::Interface& interface, const varlink::Mismatch& mismatch);

}  // namespace coppice::cli
