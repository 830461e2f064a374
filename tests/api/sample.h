// Values made from an interface description alone, so that a field that is added to the file and to
// nothing else shows.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "ipc/varlink/idl.h"

namespace coppice::api {

enum class Fill { everything, required };

// A value of `type` with each field set (or each required one), no two numbers or strings alike.
nlohmann::json sample(const varlink::Interface& interface, const varlink::Type& type, Fill fill);

// The interface that is served.
const varlink::Interface& jobs();

}  // namespace coppice::api
