#include "tests/api/sample.h"

#include <nlohmann/json.hpp>

#include "ipc/api/escape.h"
#include "ipc/api/interface.h"

namespace coppice::api {
namespace {

using nlohmann::json;
using varlink::Type;

class Sampler {
 public:
  Sampler(const varlink::Interface& interface, Fill fill) : interface_(interface), fill_(fill) {}

  json make(const Type& type, const std::string& field = {}) {
    switch (type.kind) {
      case Type::Kind::boolean:
        return true;
      case Type::Kind::integer:
        return ++count_;
      case Type::Kind::real:
        return static_cast<double>(++count_) + 0.5;
      case Type::Kind::string:
        return text(field);
      case Type::Kind::object:
        return json::object();
      case Type::Kind::structure:
        return structure(type);
      case Type::Kind::enumeration:
        return type.values.back();
      case Type::Kind::array:
        return json::array({make(type.element[0]), make(type.element[0])});
      case Type::Kind::map:
        return {{"one", make(type.element[0])}, {"two", make(type.element[0])}};
      case Type::Kind::optional:
        return make(type.element[0], field);
      case Type::Kind::named:
        return make(*interface_.find_type(type.name), field);
    }
    return nullptr;
  }

 private:
  // The two strings that hold something else than any text.
  json text(const std::string& field) {
    if (field == "inputData") return base64_encode("bytes " + std::to_string(++count_));
    if (field == "state") return "S";
    return "text " + std::to_string(++count_);
  }

  json structure(const Type& type) {
    json object = json::object();
    for (const varlink::Field& field : type.fields)
      if (fill_ == Fill::everything || field.type.kind != Type::Kind::optional)
        object[field.name] = make(field.type, field.name);
    return object;
  }

  const varlink::Interface& interface_;
  const Fill fill_;
  int count_ = 0;
};

}  // namespace

json sample(const varlink::Interface& interface, const Type& type, Fill fill) {
  return Sampler(interface, fill).make(type);
}

const varlink::Interface& jobs() {
  static const varlink::Interface interface =
      varlink::parse_interface(interface_text(), varlink::Dialect::portable);
  return interface;
}

}  // namespace coppice::api
