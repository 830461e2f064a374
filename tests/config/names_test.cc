#include "config/names.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>

namespace coppice::config {
namespace {

template <typename Enum>
void expect_both_ways() {
  for (std::size_t i = 0; i < names<Enum>().size(); ++i) {
    const auto value = static_cast<Enum>(i);
    EXPECT_EQ(parse<Enum>(name_of(value)), value) << name_of(value);
  }
  EXPECT_EQ(parse<Enum>("nonsense"), std::nullopt);
  EXPECT_EQ(parse<Enum>(""), std::nullopt);
}

TEST(Names, every_enumerator_is_found_by_its_name) {
  expect_both_ways<State>();
  expect_both_ways<Outcome>();
  expect_both_ways<Containment>();
  expect_both_ways<EventKind>();
  expect_both_ways<Stream::Kind>();
  expect_both_ways<Whom>();
  expect_both_ways<Leftovers>();
  expect_both_ways<Lifetime::Bound>();
  expect_both_ways<Restart::Policy>();
  expect_both_ways<WatchedLimit>();
  expect_both_ways<Stage::Kind>();
}

TEST(Names, names_are_those_of_their_enumerators) {
  EXPECT_EQ(name_of(Outcome::out_of_memory), "out_of_memory");
  EXPECT_EQ(name_of(State::stopping), "stopping");
  EXPECT_EQ(name_of(EventKind::thawed), "thawed");
  EXPECT_EQ(name_of(Stream::Kind::file), "file");
  EXPECT_EQ(name_of(Containment::job_object), "job_object");
}

TEST(Names, signals_are_understood_by_name_and_number) {
  for (const char* text : {"SIGTERM", "TERM", "sigterm", "term", "15"})
    EXPECT_EQ(signal_number(text), SIGTERM) << text;
  EXPECT_EQ(signal_number("SIGIOT"), SIGABRT);
  EXPECT_EQ(signal_number("RTMIN"), SIGRTMIN);
  EXPECT_EQ(signal_number("SIGRTMIN+2"), SIGRTMIN + 2);
  EXPECT_EQ(signal_number("SIGRTMAX-1"), SIGRTMAX - 1);
}

TEST(Names, what_is_no_signal_is_none) {
  for (const char* text : {"", "0", "-1", "65", "32", "SIG", "SIGNO", "TERM ", "15x", "RTMIN+99",
                           "RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN+-1", "99999999999"})
    EXPECT_EQ(signal_number(text), std::nullopt) << text;
}

TEST(Names, every_signal_of_the_C_library_has_its_name) {
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* abbreviation = sigabbrev_np(number);
    if (!abbreviation) continue;
    EXPECT_EQ(signal_number(abbreviation), number);
    // glibc says POLL; kill(1) and the others say IO.
    if (number != SIGIO) {
      EXPECT_EQ(signal_name(number), std::string("SIG") + abbreviation);
    }
    EXPECT_EQ(signal_number(signal_name(number)), number);
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number)
    EXPECT_EQ(signal_number(signal_name(number)), number);
  EXPECT_EQ(signal_name(0), "signal 0");
  EXPECT_EQ(signal_name(99), "signal 99");
}

TEST(Names, resource_limits_are_understood_in_both_spellings) {
  EXPECT_EQ(rlimit_resource("nofile"), RLIMIT_NOFILE);
  EXPECT_EQ(rlimit_resource("RLIMIT_NOFILE"), RLIMIT_NOFILE);
  EXPECT_EQ(rlimit_resource("rlimit_core"), RLIMIT_CORE);
  EXPECT_EQ(rlimit_resource("RLIMIT_"), std::nullopt);
  EXPECT_EQ(rlimit_resource(""), std::nullopt);
  for (int resource = 0; resource < static_cast<int>(RLIM_NLIMITS); ++resource)
    EXPECT_EQ(rlimit_resource(rlimit_name(resource)), resource);
  EXPECT_EQ(rlimit_name(99), "resource 99");
}

}  // namespace
}  // namespace coppice::config
