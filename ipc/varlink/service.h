// What a server offers: interfaces, the handlers of their methods, and org.varlink.service itself.
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "ipc/varlink/call.h"
#include "ipc/varlink/idl.h"

namespace coppice::varlink {

// Filled before the first server uses it, and outlives every server.
class Service {
 public:
  // For GetInfo.
  Service(std::string vendor, std::string product, std::string version, std::string url);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // `text` is served as it is. Throws IdlError; std::invalid_argument when the name is taken.
  void add_interface(std::string_view text);

  // `method` is the full name. Throws std::invalid_argument when no interface declares it. A declared method
  // without a handler answers MethodNotImplemented.
  void handle(std::string_view method, Handler handler);

  // How an exception that is no MethodError becomes an answer. Varlink has no error for a failure inside the
  // service, so without a translator (or when it throws) the connection is closed.
  using Translator = std::function<MethodError(std::exception_ptr)>;
  void translate(Translator translator) { translator_ = std::move(translator); }
  const Translator& translator() const { return translator_; }

  // What a server runs for a call: finds the handler and checks the parameters against the interface.
  // Throws InterfaceNotFound, MethodNotFound, MethodNotImplemented, InvalidParameter.
  const Handler& find(const std::string& method, const nlohmann::json& parameters) const;

  // Null when there is none.
  const Interface* find_interface(std::string_view name) const;

 private:
  asio::awaitable<void> get_info(Call& call) const;
  asio::awaitable<void> get_interface_description(Call& call) const;

  struct Info {
    std::string vendor, product, version, url;
  };
  struct Entry {
    const Interface* interface = nullptr;
    const Method* method = nullptr;
    Handler handler;
  };

  Info info_;
  std::deque<Interface> interfaces_;  // addresses stay
  std::map<std::string, Entry, std::less<>> methods_;
  Translator translator_;
};

}  // namespace coppice::varlink
