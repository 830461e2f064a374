// The version that every program of Coppice reports.
#pragma once

namespace coppice {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace coppice
