#include "ipc/varlink/service.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace coppice::varlink {
namespace {

using nlohmann::json;

constexpr char kServiceInterface[] = R"(# The Varlink service interface is what every service offers: what it is, and its interfaces.
interface org.varlink.service

# What the service is, and the names of its interfaces.
method GetInfo() -> (
  vendor: string,
  product: string,
  version: string,
  url: string,
  interfaces: []string
)

# The description of one interface, in the text that you are reading.
method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
error PermissionDenied ()
error ExpectedMore ()
)";

}  // namespace

Service::Service(std::string vendor, std::string product, std::string version, std::string url)
    : info_{std::move(vendor), std::move(product), std::move(version), std::move(url)} {
  add_interface(kServiceInterface);
  handle("org.varlink.service.GetInfo", [this](Call& call) { return get_info(call); });
  handle("org.varlink.service.GetInterfaceDescription",
         [this](Call& call) { return get_interface_description(call); });
}

void Service::add_interface(std::string_view text) {
  Interface parsed = parse_interface(text);
  if (find_interface(parsed.name) != nullptr)
    throw std::invalid_argument("interface \"" + parsed.name + "\" is there already");
  const Interface& interface = interfaces_.emplace_back(std::move(parsed));
  for (const Method& method : interface.methods) {
    Entry entry;
    entry.interface = &interface;
    entry.method = &method;
    methods_.emplace(interface.name + "." + method.name, std::move(entry));
  }
}

void Service::handle(std::string_view method, Handler handler) {
  const auto found = methods_.find(method);
  if (found == methods_.end())
    throw std::invalid_argument("no interface declares method \"" + std::string(method) + "\"");
  found->second.handler = std::move(handler);
}

const Handler& Service::find(const std::string& method, const json& parameters) const {
  const auto found = methods_.find(method);
  if (found == methods_.end()) {
    const std::string interface = method.substr(0, method.rfind('.'));
    if (interface.size() < method.size() && find_interface(interface) == nullptr)
      throw interface_not_found(interface);
    throw method_not_found(method);
  }
  const Entry& entry = found->second;
  if (!entry.handler) throw method_not_implemented(method);
  if (const auto field = check_parameters(*entry.interface, *entry.method, parameters))
    throw invalid_parameter(*field);
  return entry.handler;
}

const Interface* Service::find_interface(std::string_view name) const {
  for (const Interface& interface : interfaces_)
    if (interface.name == name) return &interface;
  return nullptr;
}

asio::awaitable<void> Service::get_info(Call& call) const {
  json names = json::array();
  for (const Interface& interface : interfaces_) names.push_back(interface.name);
  json info = {{"vendor", info_.vendor},
               {"product", info_.product},
               {"version", info_.version},
               {"url", info_.url},
               {"interfaces", std::move(names)}};
  return call.reply(std::move(info));
}

asio::awaitable<void> Service::get_interface_description(Call& call) const {
  const auto& name = call.parameters().at("interface").get_ref<const std::string&>();
  const Interface* interface = find_interface(name);
  if (interface == nullptr) return call.error(interface_not_found(name));
  json description = {{"description", interface->text}};
  return call.reply(std::move(description));
}

}  // namespace coppice::varlink
