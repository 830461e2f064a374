// An error reply of Varlink as a C++ value: what a handler throws and what a client is told.
#pragma once

#include <exception>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace coppice::varlink {

// `name` is the full one, "io.coppice.Jobs.NoSuchJob". `parameters` is an object; its bytes that are
// not UTF-8 are replaced when it is sent. Copies share the parameters.
class MethodError : public std::exception {
 public:
  explicit MethodError(std::string name);
  MethodError(std::string name, nlohmann::json parameters);

  const std::string& name() const noexcept { return name_; }
  const nlohmann::json& parameters() const noexcept { return *parameters_; }
  // `io.coppice.Jobs.NoSuchSlice {"slice":"ci"}`
  const char* what() const noexcept override { return what_->c_str(); }

 private:
  std::string name_;
  std::shared_ptr<const nlohmann::json> parameters_;
  std::shared_ptr<const std::string> what_;
};

// The errors of org.varlink.service.
MethodError interface_not_found(std::string_view interface);
MethodError method_not_found(std::string_view method);
MethodError method_not_implemented(std::string_view method);
MethodError invalid_parameter(std::string_view parameter);
MethodError permission_denied();
MethodError expected_more();

}  // namespace coppice::varlink
