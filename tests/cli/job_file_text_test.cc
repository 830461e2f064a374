// A specification as a job file, and back.
#include "cli/job_file/job_file_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/job_file/job_file.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"
#include "ipc/varlink/idl.h"

namespace coppice::cli {
namespace {

using config::JobSpec;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

JobSpec read(const std::string& text) { return parse_job_file("job.toml", text, "/d"); }

void expect_back(const std::string& file) {
  const JobSpec spec = read(file);
  const std::string text = job_file_text(spec);
  EXPECT_EQ(api::to_json(read(text)), api::to_json(spec)) << text;
}

TEST(JobFileText, what_is_written_means_the_same_when_it_is_read) {
  expect_back("");
  expect_back("commands = [{argv = ['make', 'a\\b', '\"', ''], argv0 = 'x'}, {argv = ['cat']}]");
  expect_back("commands = [{argv = [\"\\u0001\\n\\u007f\\u009b€\"]}]\numask = 0o027\nnice = -5");
  expect_back("labels = {a = 'b'}\nenvironment = {'odd \"name' = 'x', B = ''}");
  expect_back("limits = {cpuMax = 1.5, wallTime = '90s', silence = 1, memoryMax = '2G', rlimits = {nofile = {soft = 1}}}");
  expect_back("stopping = {}\nlifetime = {bound = 'detached'}\nrestart = {policy = 'never', delay = 0}");
  expect_back("stopping = {grace = '0s', signal = 'TERM'}\nterminalSize = {columns = 1, rows = 2}\nlogMax = 1048577");
  expect_back("input = {kind = 'file', path = 'x'}\noutput = {kind = 'log'}\nerror = {kind = 'null'}\npriority = 1");
}

TEST(JobFileText, numbers_have_the_unit_that_fits) {
  const std::string text = job_file_text(read(
      "umask = 18\nlogMax = 1048576\nlimits = {wallTime = 90000, silence = 3600000, cpuTime = 1, memoryMax = 1000}"));
  EXPECT_TRUE(contains(text, "umask = 0o022\n")) << text;
  EXPECT_TRUE(contains(text, "logMax = \"1M\"\n"));
  EXPECT_TRUE(contains(text, "wallTime = \"90s\"\n"));
  EXPECT_TRUE(contains(text, "silence = \"1h\"\n"));
  EXPECT_TRUE(contains(text, "cpuTime = \"1ms\"\n"));
  EXPECT_TRUE(contains(text, "memoryMax = 1000\n"));
}

TEST(JobFileText, every_default_is_told) {
  const std::string text = job_file_text(JobSpec());
  for (const char* line : {"# slice: the top, which has no name\n", "# noNewPrivileges: false\n", "# grace: 10s\n",
                           "# memoryMax: unlimited\n", "# restart: never\n", "# [stopping]\n"})
    EXPECT_TRUE(contains(text, line)) << line << text;
}

void expect_default(const varlink::Interface& interface, const varlink::Type& type, const std::string& path) {
  if (type.kind == varlink::Type::Kind::named)
    return expect_default(interface, *interface.find_type(type.name), path);
  if (type.kind != varlink::Type::Kind::structure) return;
  for (const varlink::Field& field : type.fields) {
    if (field.type.kind != varlink::Type::Kind::optional) continue;
    const std::string below = path.empty() ? field.name : path + "." + field.name;
    EXPECT_NE(default_of(below), "") << below;
    // The streams and what is in maps are written in one line.
    const varlink::Type& inner = field.type.element.front();
    if (inner.name != "Stream") expect_default(interface, inner, below);
  }
}

TEST(JobFileText, every_field_of_the_interface_has_its_default) {
  const varlink::Interface interface = varlink::parse_interface(api::interface_text());
  expect_default(interface, *interface.find_type("JobSpec"), "");
}

TEST(JobFileText, other_bytes_are_shown_and_noted) {
  JobSpec spec;
  spec.commands = {{{"echo", "\xff"}, {}}};
  const std::string text = job_file_text(spec);
  EXPECT_TRUE(contains(text, "{ argv = [\"echo\", \"\\\\xff\"] }")) << text;
  EXPECT_TRUE(text.starts_with("# Some of it is not UTF-8"));
  spec.commands.clear();
  spec.environment["\xfe"] = "";
  EXPECT_TRUE(contains(job_file_text(spec), "\"\\\\xfe\" = \"\"\n"));
}

}  // namespace
}  // namespace coppice::cli
