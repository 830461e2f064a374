#include "ipc/api/codec.h"

#include <nlohmann/json.hpp>

#include "ipc/api/encoder.h"
#include "ipc/api/json_tree.h"
#include "ipc/api/reader.h"

namespace coppice::api {

using nlohmann::json;

namespace {

template <typename T>
json tree_of(const T& value) {
  JsonTree tree;
  Encoder<JsonTree>(tree).structure(value);
  return tree.take();
}

}  // namespace

json to_json(const config::Command& value) { return tree_of(value); }
json to_json(const config::JobSpec& value) { return tree_of(value); }
json to_json(const config::Limits& value) { return tree_of(value); }
json to_json(const config::Stopping& value) { return tree_of(value); }
json to_json(const config::ExitStatus& value) { return tree_of(value); }
json to_json(const config::Usage& value) { return tree_of(value); }
json to_json(const config::Process& value) { return tree_of(value); }
json to_json(const config::Result& value) { return tree_of(value); }
json to_json(const config::Job& value) { return tree_of(value); }
json to_json(const config::Slice& value) { return tree_of(value); }
json to_json(const config::Fact& value) { return tree_of(value); }
json to_json(const JobRef& value) { return tree_of(value); }

void write(const config::Job& value, JsonText& out) { Encoder<JsonText>(out).structure(value); }
void write(const config::Result& value, JsonText& out) { Encoder<JsonText>(out).structure(value); }
void write(const config::Process& value, JsonText& out) { Encoder<JsonText>(out).structure(value); }
void write(const config::Limits& value, Cbor& out) { Encoder<Cbor>(out).structure(value); }

config::JobSpec job_spec_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::JobSpec>(value, field);
}

config::Limits limits_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::Limits>(value, field);
}

config::Stopping stopping_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::Stopping>(value, field);
}

config::Process process_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::Process>(value, field);
}

config::Usage usage_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::Usage>(value, field);
}

config::Result result_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::Result>(value, field);
}

config::Job job_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::Job>(value, field);
}

config::Slice slice_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::Slice>(value, field);
}

config::Fact fact_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::Fact>(value, field);
}

config::TerminalSize terminal_size_from_json(const json& value, const std::string& field) {
  return Reader::read_struct<config::TerminalSize>(value, field);
}

JobRef job_ref_from_json(const json& value, const std::string& field) {
  JobRef reference = Reader::read_struct<JobRef>(value, field);
  if (reference.id.has_value() == reference.name.has_value())
    throw config::InvalidSpec(field, "give either id or name");
  return reference;
}

}  // namespace coppice::api
