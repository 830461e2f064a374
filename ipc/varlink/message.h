// Calls and replies: text to value and back, as strictly as other implementations read them.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::varlink {

// The other end broke the protocol: its connection ends.
class ProtocolError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// It ended within a message: as likely a death as a fault.
class CutShort : public ProtocolError {
  using ProtocolError::ProtocolError;
};

inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kDefaultMaxValues = std::size_t{1} << 20;

// One JSON object in UTF-8, nothing behind it. Throws ProtocolError: bad syntax, bad UTF-8, a key twice in
// one object, nesting beyond kMaxDepth, more than `max_values` values, not an object.
nlohmann::json read_object(std::string_view text, std::size_t max_values = kDefaultMaxValues);

struct Request {
  std::string method;
  nlohmann::json parameters = nlohmann::json::object();
  bool more = false;
  bool oneway = false;
  bool upgrade = false;
  std::vector<UniqueFd> descriptors;
};

// Throws ProtocolError, also for an unknown key and for more than one of more, oneway, upgrade.
Request decode_call(std::string_view text, std::size_t max_values = kDefaultMaxValues);

struct Response {
  nlohmann::json parameters = nlohmann::json::object();
  bool continues = false;
  std::string error;
};

// Throws ProtocolError, also for an unknown key and for an error that continues.
Response decode_reply(std::string_view text);

// With the NUL. Only keys that say something are written, and `parameters` always. Bytes that are not UTF-8
// become U+FFFD: a text from outside must not make an answer impossible.
std::string encode_call(std::string_view method, const nlohmann::json& parameters, bool more, bool oneway,
                        bool upgrade);
// What a reply carries, without the NUL: `parameters` is that.
std::string encode_parameters(const nlohmann::json& parameters);
std::string encode_reply(std::string_view parameters, bool continues, std::string_view error);

}  // namespace coppice::varlink
