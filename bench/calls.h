// Calls of io.coppice.Jobs as the bytes that go over the wire, each with its NUL.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace coppice::bench {

// Nothing but the command, and where its output goes: "null" or "log". `slice` and `name` are left out if empty.
nlohmann::json spec_of(const std::vector<std::string>& argv, const char* output, const std::string& slice = "",
                       const std::string& name = "");

// `method` without its interface.
std::string call_text(const char* method, const nlohmann::json& parameters, bool more = false);

// Answers once, with the result alone.
std::string run_call(const nlohmann::json& spec);
std::string start_call(const nlohmann::json& spec);
std::string kill_slice_call(const std::string& slice);

// What the answers to those have in them when all went well.
inline constexpr char kSucceeded[] = "\"outcome\":\"succeeded\"";
inline constexpr char kStarted[] = "\"state\":\"running\"";

}  // namespace coppice::bench
