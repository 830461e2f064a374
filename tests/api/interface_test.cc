#include "ipc/api/interface.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/names.h"
#include "ipc/varlink/idl.h"
#include "tests/api/sample.h"

namespace coppice::api {
namespace {

using varlink::Type;

// An enum of the interface: a type of its own, or a field's.
const Type& enumeration(const Type& structure, std::string_view field) {
  const auto found =
      std::find_if(structure.fields.begin(), structure.fields.end(),
                   [&](const varlink::Field& one) { return one.name == field; });
  const Type& type = found->type;
  return type.kind == Type::Kind::optional ? type.element[0] : type;
}

template <typename Enum>
void expect_same(const Type& type) {
  const auto table = config::names<Enum>();
  EXPECT_EQ(type.values, std::vector<std::string>(table.begin(), table.end()));
}

TEST(Interface, its_text_is_what_all_known_parsers_take) {
  EXPECT_EQ(jobs().name, kInterface);
  EXPECT_TRUE(interface_text().starts_with("# Jobs and their lifetimes."));
}

TEST(Interface, every_enum_has_our_names_in_our_order) {
  expect_same<config::State>(*jobs().find_type("State"));
  expect_same<config::Outcome>(*jobs().find_type("Outcome"));
  expect_same<config::Containment>(*jobs().find_type("Containment"));
  expect_same<config::Stream::Kind>(enumeration(*jobs().find_type("Stream"), "kind"));
  expect_same<config::Whom>(enumeration(*jobs().find_type("Stopping"), "whom"));
  expect_same<config::Whom>(enumeration(jobs().find_method("Signal")->input, "whom"));
  expect_same<config::LogDrop>(enumeration(*jobs().find_type("JobSpec"), "logDrop"));
  expect_same<config::Leftovers>(enumeration(*jobs().find_type("Stopping"), "leftovers"));
  expect_same<config::Lifetime::Bound>(enumeration(*jobs().find_type("Lifetime"), "bound"));
  expect_same<config::Restart::Policy>(enumeration(*jobs().find_type("Restart"), "policy"));
  expect_same<config::WatchedLimit>(enumeration(*jobs().find_type("Result"), "exceeded"));
  expect_same<config::Stage::Kind>(enumeration(*jobs().find_type("Stage"), "stage"));
  expect_same<config::EventKind>(enumeration(jobs().find_method("Subscribe")->output, "event"));
}

TEST(Interface, every_method_has_its_constant) {
  const std::set<std::string> ours = {
      method::kStart,      method::kRun,    method::kWait,      method::kSignal, method::kStop,
      method::kKill,       method::kFreeze, method::kThaw,      method::kSetLimits,
      method::kRenew,      method::kList,   method::kProcesses, method::kWriteInput,
      method::kResize,     method::kReadLog, method::kOpenLog,  method::kAttach,
      method::kSubscribe,  method::kRemove, method::kSetSlice,  method::kListSlices, method::kHistory};
  std::set<std::string> declared;
  for (const varlink::Method& one : jobs().methods) declared.insert(jobs().name + "." + one.name);
  EXPECT_EQ(ours, declared);
}

TEST(Interface, every_error_has_its_constant) {
  const std::set<std::string> ours = {
      error::kNoSuchJob,        error::kNoSuchSlice, error::kNameTaken,
      error::kInvalidSpec,      error::kStartFailed, error::kJobFailed,
      error::kWrongState,       error::kLimitUnavailable, error::kContainmentUnavailable,
      error::kPermissionDenied, error::kTimedOut,    error::kExhausted,
      error::kShuttingDown,     error::kStillDying};
  std::set<std::string> declared;
  for (const varlink::TypeDefinition& one : jobs().errors)
    declared.insert(jobs().name + "." + one.name);
  EXPECT_EQ(ours, declared);
}

}  // namespace
}  // namespace coppice::api
