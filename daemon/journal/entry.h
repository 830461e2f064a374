// One entry in journald's native protocol.
//
// Source: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/ and systemd.journal-fields(7).
#pragma once

#include <string>
#include <string_view>

namespace coppice::daemon {

// A field, appended to an entry. `name` is of A-Z, 0-9 and '_'; the value may be any bytes.
void add_field(std::string& entry, std::string_view name, std::string_view value);

// An entry: the fields that all lines of a stream have in common, and the line itself.
std::string make_entry(std::string_view common, std::string_view line);

}  // namespace coppice::daemon
