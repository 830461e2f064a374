// The structs of io.coppice.Jobs as JSON and back, both ways for all of them, so that daemon and
// client share one description of each field.
//
// Writing: a field that is not set is left out, never null. Reading: a field that is left out or null
// is not set; unknown fields are ignored here (the server refuses them by the interface before). Text
// must be UTF-8, save for what is written escaped (see escape.h): Process.command_line, Job.commands,
// Result.detail. Commands of a JobSpec are not: in a request text means itself, and spec_bytes.h carries bytes.
//
// Every read throws config::InvalidSpec with the path of the field, below `field`, for a missing
// field, a wrong type, an unknown enum value or a number out of range. Pure functions: any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "config/errors.h"
#include "config/job.h"
#include "config/job_spec.h"
#include "ipc/api/cbor.h"
#include "ipc/api/json_text.h"

namespace coppice::api {

// Which live job is meant: one of the two.
struct JobRef {
  std::optional<std::string> id;
  std::optional<std::string> name;
};

nlohmann::json to_json(const config::Command& value);
nlohmann::json to_json(const config::JobSpec& value);
nlohmann::json to_json(const config::Limits& value);
nlohmann::json to_json(const config::Stopping& value);
nlohmann::json to_json(const config::ExitStatus& value);
nlohmann::json to_json(const config::Usage& value);
nlohmann::json to_json(const config::Process& value);
nlohmann::json to_json(const config::Result& value);
nlohmann::json to_json(const config::Job& value);
nlohmann::json to_json(const config::Slice& value);
nlohmann::json to_json(const config::Fact& value);
nlohmann::json to_json(const JobRef& value);

// The same without a value in memory, for what is written often.
void write(const config::Job& value, JsonText& out);
void write(const config::Result& value, JsonText& out);
void write(const config::Process& value, JsonText& out);
void write(const config::Limits& value, Cbor& out);

config::JobSpec job_spec_from_json(const nlohmann::json& value, const std::string& field = "spec");
config::Limits limits_from_json(const nlohmann::json& value, const std::string& field = "limits");
config::Stopping stopping_from_json(const nlohmann::json& value,
                                    const std::string& field = "stopping");
config::Process process_from_json(const nlohmann::json& value,
                                  const std::string& field = "process");
config::Usage usage_from_json(const nlohmann::json& value, const std::string& field = "usage");
config::Result result_from_json(const nlohmann::json& value, const std::string& field = "result");
config::Job job_from_json(const nlohmann::json& value, const std::string& field = "job");
config::Slice slice_from_json(const nlohmann::json& value, const std::string& field = "slice");
config::Fact fact_from_json(const nlohmann::json& value, const std::string& field = "fact");
config::TerminalSize terminal_size_from_json(const nlohmann::json& value, const std::string& field = "size");
// Also refuses a reference that names neither or both.
JobRef job_ref_from_json(const nlohmann::json& value, const std::string& field = "job");

// Microseconds since the epoch, as the interface has every time.
inline std::int64_t to_wire(config::Time time) { return time.time_since_epoch().count(); }

}  // namespace coppice::api
