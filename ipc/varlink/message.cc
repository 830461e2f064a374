#include "ipc/varlink/message.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;

bool read_flag(const std::string& key, const json& value) {
  if (value.is_null()) return false;
  if (!value.is_boolean()) throw ProtocolError("\"" + key + "\" is not a boolean");
  return value.get<bool>();
}

std::string read_name(const std::string& key, json& value) {
  if (!value.is_string()) throw ProtocolError("\"" + key + "\" is not a string");
  return std::move(value.get_ref<std::string&>());
}

json read_parameters(json& value) {
  if (value.is_null()) return json::object();
  if (!value.is_object()) throw ProtocolError("\"parameters\" is not an object");
  return std::move(value);
}

[[noreturn]] void unknown_key(const std::string& key) { throw ProtocolError("unknown key \"" + key + "\""); }

// They may hold megabytes of output.
std::string with_parameters(const json& head, std::string_view parameters) {
  constexpr std::string_view kName = "\"parameters\":";
  std::string text = head.dump(-1, ' ', false, json::error_handler_t::replace);
  text.pop_back();
  text.reserve(text.size() + kName.size() + parameters.size() + 3);
  if (text.size() > 1) text.push_back(',');
  text.append(kName);
  text.append(parameters);
  text.push_back('}');
  text.push_back('\0');
  return text;
}

}  // namespace

Request decode_call(std::string_view text, std::size_t max_values) {
  json message = read_object(text, max_values);
  Request request;
  for (auto& [key, value] : message.get_ref<json::object_t&>()) {
    if (key == "method") request.method = read_name(key, value);
    else if (key == "parameters") request.parameters = read_parameters(value);
    else if (key == "more") request.more = read_flag(key, value);
    else if (key == "oneway") request.oneway = read_flag(key, value);
    else if (key == "upgrade") request.upgrade = read_flag(key, value);
    else unknown_key(key);
  }
  if (!message.contains("method")) throw ProtocolError("a call without \"method\"");
  if (request.more + request.oneway + request.upgrade > 1)
    throw ProtocolError("a call is one of more, oneway and upgrade");
  return request;
}

Response decode_reply(std::string_view text) {
  json message = read_object(text);
  Response response;
  for (auto& [key, value] : message.get_ref<json::object_t&>()) {
    if (key == "parameters") response.parameters = read_parameters(value);
    else if (key == "continues") response.continues = read_flag(key, value);
    else if (key == "error") {
      if (!value.is_null()) response.error = read_name(key, value);
    } else unknown_key(key);
  }
  if (response.continues && !response.error.empty()) throw ProtocolError("an error reply that continues");
  return response;
}

std::string encode_call(std::string_view method, const json& parameters, bool more, bool oneway,
                        bool upgrade) {
  json head = {{"method", method}};
  if (more) head["more"] = true;
  if (oneway) head["oneway"] = true;
  if (upgrade) head["upgrade"] = true;
  return with_parameters(head, encode_parameters(parameters));
}

std::string encode_parameters(const json& parameters) {
  if (parameters.is_null()) return "{}";
  return parameters.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string encode_reply(std::string_view parameters, bool continues, std::string_view error) {
  json head = json::object();
  if (continues) head["continues"] = true;
  if (!error.empty()) head["error"] = error;
  return with_parameters(head, parameters);
}

}  // namespace coppice::varlink
