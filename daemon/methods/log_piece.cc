#include "daemon/methods/log_piece.h"

#include <nlohmann/json.hpp>

#include "config/errors.h"
#include "daemon/methods/target.h"
#include "ipc/api/escape.h"

namespace coppice::daemon {

std::string encode_bytes(std::string_view bytes) { return api::base64_encode(bytes); }

std::uint64_t read_max(const nlohmann::json& parameters, const char* name,
                       std::uint64_t otherwise) {
  const auto max = optional_int(parameters, name);
  if (!max) return otherwise;
  if (*max < 1) throw config::InvalidSpec(name, "must be 1 or more bytes");
  return static_cast<std::uint64_t>(*max);
}

}  // namespace coppice::daemon
