// The three shapes of a name (https://varlink.org/Interface-Definition).
#pragma once

#include <string_view>

namespace coppice::varlink {

// [A-Za-z](-*[A-Za-z0-9])*(\.[A-Za-z0-9](-*[A-Za-z0-9])*)+
bool valid_interface_name(std::string_view name);
// Types, methods and errors: [A-Z][A-Za-z0-9]*
bool valid_member_name(std::string_view name);
// Fields and enumeration values: [A-Za-z](_?[A-Za-z0-9])*
bool valid_field_name(std::string_view name);

}  // namespace coppice::varlink
