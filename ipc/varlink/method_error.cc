#include "ipc/varlink/method_error.h"

#include <nlohmann/json.hpp>

namespace coppice::varlink {
namespace {

using nlohmann::json;

MethodError service_error(const char* name, json parameters) {
  return MethodError(std::string("org.varlink.service.") + name, std::move(parameters));
}

}  // namespace

MethodError::MethodError(std::string name) : MethodError(std::move(name), json::object()) {}

MethodError::MethodError(std::string name, json parameters) : name_(std::move(name)) {
  if (parameters.is_null()) parameters = json::object();
  parameters_ = std::make_shared<const json>(std::move(parameters));
  what_ = std::make_shared<const std::string>(
      name_ + " " + parameters_->dump(-1, ' ', false, json::error_handler_t::replace));
}

MethodError interface_not_found(std::string_view interface) {
  return service_error("InterfaceNotFound", {{"interface", interface}});
}

MethodError method_not_found(std::string_view method) {
  return service_error("MethodNotFound", {{"method", method}});
}

MethodError method_not_implemented(std::string_view method) {
  return service_error("MethodNotImplemented", {{"method", method}});
}

MethodError invalid_parameter(std::string_view parameter) {
  return service_error("InvalidParameter", {{"parameter", parameter}});
}

MethodError permission_denied() { return service_error("PermissionDenied", json::object()); }

MethodError expected_more() { return service_error("ExpectedMore", json::object()); }

}  // namespace coppice::varlink
