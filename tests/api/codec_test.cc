#include "ipc/api/codec.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "ipc/varlink/idl.h"
#include "tests/api/sample.h"

namespace coppice::api {
namespace {

using nlohmann::json;

json sample_of(const char* type, Fill fill) {
  return sample(jobs(), *jobs().find_type(type), fill);
}

struct Struct {
  const char* type;
  std::function<json(const json&)> there_and_back;
};

const std::vector<Struct>& structs() {
  static const std::vector<Struct> all = {
      {"JobSpec", [](const json& in) { return to_json(job_spec_from_json(in)); }},
      {"Limits", [](const json& in) { return to_json(limits_from_json(in)); }},
      {"Stopping", [](const json& in) { return to_json(stopping_from_json(in)); }},
      {"Process", [](const json& in) { return to_json(process_from_json(in)); }},
      {"Usage", [](const json& in) { return to_json(usage_from_json(in)); }},
      {"Result", [](const json& in) { return to_json(result_from_json(in)); }},
      {"Job", [](const json& in) { return to_json(job_from_json(in)); }},
      {"Slice", [](const json& in) { return to_json(slice_from_json(in)); }},
  };
  return all;
}

TEST(Codec, every_field_of_every_struct_comes_back) {
  for (const Struct& one : structs()) {
    const json full = sample_of(one.type, Fill::everything);
    EXPECT_EQ(one.there_and_back(full), full) << one.type;
  }
}

TEST(Codec, fields_that_are_not_set_stay_out) {
  for (const Struct& one : structs()) {
    const json least = sample_of(one.type, Fill::required);
    EXPECT_EQ(one.there_and_back(least), least) << one.type;
  }
}

TEST(Codec, null_is_as_good_as_left_out) {
  json spec = sample_of("JobSpec", Fill::required);
  const json least = spec;
  for (const varlink::Field& field : jobs().find_type("JobSpec")->fields)
    if (field.type.kind == varlink::Type::Kind::optional) spec[field.name] = nullptr;
  EXPECT_EQ(to_json(job_spec_from_json(spec)), least);
}

TEST(Codec, what_is_written_fits_the_interface) {
  for (const Struct& one : structs()) {
    const json written = one.there_and_back(sample_of(one.type, Fill::everything));
    EXPECT_EQ(varlink::find_mismatch(jobs(), *jobs().find_type(one.type), written), std::nullopt)
        << one.type;
  }
  const varlink::Type& job = *jobs().find_type("Job");
  EXPECT_EQ(varlink::find_mismatch(jobs(), job, to_json(config::Job())), std::nullopt);
  const varlink::Type& result = *jobs().find_type("Result");
  EXPECT_EQ(varlink::find_mismatch(jobs(), result, to_json(config::Result())), std::nullopt);
}

TEST(Codec, every_required_field_is_missed_by_name) {
  for (const Struct& one : structs()) {
    const json least = sample_of(one.type, Fill::required);
    for (const auto& [name, value] : least.items()) {
      json without = least;
      without.erase(name);
      try {
        one.there_and_back(without);
        ADD_FAILURE() << one.type << " without " << name;
      } catch (const config::InvalidSpec& error) {
        EXPECT_TRUE(error.field().ends_with("." + name)) << error.field();
      }
    }
  }
}

// The field that is refused in the sample of a spec after `change`, or "".
std::string refused(const std::function<void(json&)>& change) {
  json spec = sample_of("JobSpec", Fill::everything);
  change(spec);
  try {
    (void)job_spec_from_json(spec);
  } catch (const config::InvalidSpec& error) {
    return error.field();
  }
  return "";
}

TEST(Codec, wrong_types_and_values_are_refused_by_path) {
  EXPECT_EQ(refused([](json& s) { s = 1; }), "spec");
  EXPECT_EQ(refused([](json& s) { s["commands"] = 1; }), "spec.commands");
  EXPECT_EQ(refused([](json& s) { s["commands"][1]["argv"][0] = 1; }), "spec.commands[1].argv[0]");
  EXPECT_EQ(refused([](json& s) { s["environment"]["one"] = 1; }), "spec.environment.one");
  EXPECT_EQ(refused([](json& s) { s["limits"]["rlimits"]["two"]["soft"] = "x"; }),
            "spec.limits.rlimits.two.soft");
  EXPECT_EQ(refused([](json& s) { s["output"]["kind"] = "tape"; }), "spec.output.kind");
  EXPECT_EQ(refused([](json& s) { s["noNewPrivileges"] = 1; }), "spec.noNewPrivileges");
  EXPECT_EQ(refused([](json& s) { s["limits"]["cpuMax"] = "1"; }), "spec.limits.cpuMax");
  EXPECT_EQ(refused([](json& s) { s["nice"] = 1.0; }), "spec.nice");
  EXPECT_EQ(refused([](json& s) { s["inputData"] = "a"; }), "spec.inputData");
}

TEST(Codec, numbers_out_of_range_are_refused_and_not_wrapped) {
  EXPECT_EQ(refused([](json& s) { s["umask"] = 4294967296; }), "spec.umask");
  EXPECT_EQ(refused([](json& s) { s["bytesFd"] = -2147483649; }), "spec.bytesFd");
  EXPECT_EQ(refused([](json& s) { s["logMax"] = std::uint64_t{1} << 63U; }), "spec.logMax");
  EXPECT_EQ(refused([](json& s) { s["logMax"] = INT64_MAX; }), "");
}

TEST(Codec, an_integer_serves_as_a_float) {
  json spec = sample_of("JobSpec", Fill::required);
  spec["limits"]["cpuMax"] = 2;
  EXPECT_EQ(job_spec_from_json(spec).limits.cpu_max, 2.0);
}

TEST(Codec, input_data_is_bytes) {
  config::JobSpec spec;
  spec.commands.push_back({{"cat"}, std::nullopt});
  spec.input_data = std::string("\0\xff\n", 3);
  EXPECT_EQ(to_json(spec)["inputData"], "AP8K");
  EXPECT_EQ(job_spec_from_json(to_json(spec)).input_data, spec.input_data);
}

TEST(Codec, command_lines_of_any_bytes_are_sent_as_text) {
  config::Process process;
  process.command_line = {"a\\b", std::string("\xff\x80"), "\xc3\xa4"};
  const json written = to_json(process);
  EXPECT_EQ(written["commandLine"][1], "\\xff\\x80");
  EXPECT_NO_THROW((void)written.dump());
  EXPECT_EQ(process_from_json(written).command_line, process.command_line);
}

TEST(Codec, commands_of_a_job_are_escaped_and_those_of_a_specification_are_not) {
  config::Job job;
  job.commands = {{{"\xff", "\\x41", "plain\\n"}, "\xfe"}};
  const json written = to_json(job);
  EXPECT_EQ(written["commands"][0]["argv"], (json{"\\xff", "\\\\x41", "plain\\n"}));
  EXPECT_EQ(written["commands"][0]["argv0"], "\\xfe");
  EXPECT_NO_THROW((void)written.dump());
  EXPECT_EQ(job_from_json(written).commands[0].argv, job.commands[0].argv);
  EXPECT_EQ(job_from_json(written).commands[0].argv0, "\xfe");
  const json spec = {{"commands", {{{"argv", {"echo", "\\x41"}}}}}};
  EXPECT_EQ(job_spec_from_json(spec).commands[0].argv[1], "\\x41");
  EXPECT_EQ(to_json(job_spec_from_json(spec)), spec);
}

TEST(Codec, a_detail_of_any_bytes_is_sent_as_text) {
  config::Result result;
  result.detail = "exec \"/\xff\": no such file or directory";
  const json written = to_json(result);
  EXPECT_EQ(written["detail"], "exec \"/\\xff\": no such file or directory");
  EXPECT_EQ(result_from_json(written).detail, result.detail);
}

TEST(Codec, a_reference_names_a_job_by_id_or_by_name) {
  EXPECT_EQ(job_ref_from_json({{"id", "x"}}).id, "x");
  EXPECT_EQ(job_ref_from_json({{"name", "x"}, {"id", nullptr}}).name, "x");
  EXPECT_THROW(job_ref_from_json(json::object()), config::InvalidSpec);
  EXPECT_THROW(job_ref_from_json({{"id", "x"}, {"name", "y"}}), config::InvalidSpec);
  const json full = sample_of("JobRef", Fill::everything);
  JobRef both;
  both.id = full["id"];
  both.name = full["name"];
  EXPECT_EQ(to_json(both), full);
}

}  // namespace
}  // namespace coppice::api
