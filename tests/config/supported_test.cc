#include <gtest/gtest.h>

#include <functional>

#include "config/check.h"

namespace coppice::config {
namespace {

JobSpec sound() {
  JobSpec spec;
  spec.commands.push_back({{"true"}, std::nullopt});
  return spec;
}

// What is refused after `change`: a field, "limit NAME", "containment", or "" for nothing. Whatever
// is refused here must have passed check().
std::string refused(const std::function<void(JobSpec&)>& change) {
  JobSpec spec = sound();
  change(spec);
  check(spec);
  try {
    require_supported(spec);
  } catch (const InvalidSpec& error) {
    return error.field();
  } catch (const LimitUnavailable& error) {
    return "limit " + error.limit();
  } catch (const ContainmentUnavailable& error) {
    EXPECT_EQ(error.available(), std::vector<Containment>{Containment::cgroup});
    return "containment";
  }
  return "";
}

void set_stream(std::optional<Stream>& stream, Stream::Kind kind) {
  stream = Stream();
  stream->kind = kind;
  if (kind == Stream::Kind::fd) stream->fd = 0;
  if (kind == Stream::Kind::file) stream->path = "/tmp/x";
}

TEST(Supported, what_this_version_carries_out_passes) {
  EXPECT_EQ(refused([](JobSpec& s) {
              s.commands[0].argv0 = "-true";
              s.name = "n";
              s.slice = "ci/x";
              s.labels["a"] = "b";
              s.base_directory = "/";
              s.working_directory = "/tmp";
              s.environment["A"] = "b";
              s.inherit_environment = false;
              s.user = "root";
              s.group = "root";
              s.supplementary_groups = {"root"};
              s.umask = 022;
              s.nice = 1;
              s.priority = -1;
              s.oom_score_adjust = 1;
              s.no_new_privileges = true;
              s.delegate = true;
              s.root_directory = "/srv";
              set_stream(s.input, Stream::Kind::file);
              s.limits.rlimits["nofile"] = {10, 10};
              s.stopping = Stopping();
              s.stopping->leftovers = Leftovers::wait;
              s.containment_required = Containment::cgroup;
              s.lifetime = Lifetime();
              s.lifetime->bound = Lifetime::Bound::connection;
              s.restart = Restart();
              s.restart->policy = Restart::Policy::always;
            }),
            "");
  EXPECT_EQ(refused([](JobSpec& s) { s.input_data = "x"; }), "");
}

TEST(Supported, every_stream_passes) {
  using Kind = Stream::Kind;
  for (Kind kind : {Kind::null, Kind::fd, Kind::file, Kind::pipe, Kind::data, Kind::pty})
    EXPECT_EQ(refused([&](JobSpec& s) { set_stream(s.input, kind); }), "");
  for (Kind kind : {Kind::null, Kind::log, Kind::fd, Kind::file, Kind::pipe, Kind::journal, Kind::pty}) {
    EXPECT_EQ(refused([&](JobSpec& s) { set_stream(s.output, kind); }), "");
    EXPECT_EQ(refused([&](JobSpec& s) { set_stream(s.error, kind); }), "");
  }
}

TEST(Supported, what_comes_later_is_refused_by_field) {
  EXPECT_EQ(refused([](JobSpec& s) { s.containment_required = Containment::pid_namespace; }),
            "containment");
}

TEST(Supported, limits_that_the_kernel_enforces_pass_here_since_only_the_host_can_tell) {
  for (const bool required : {true, false})
    EXPECT_EQ(refused([&](JobSpec& s) {
                s.limits.memory_max = s.limits.memory_high = s.limits.cpu_weight = 1;
                s.limits.io_weight = s.limits.processes_max = 1;
                s.limits.cpu_max = 1;
                s.limits_required = required;
              }),
              "");
}

TEST(Supported, limits_that_the_daemon_watches_pass_whether_required_or_not) {
  for (const bool required : {true, false})
    EXPECT_EQ(refused([&](JobSpec& s) {
                s.limits.wall_time = s.limits.silence = s.limits.cpu_time = Milliseconds(1);
                s.limits_required = required;
              }),
              "");
}

TEST(Supported, silence_needs_an_output_that_is_captured) {
  using Kind = Stream::Kind;
  const auto silence = [](Kind output, std::optional<Kind> error) {
    return refused([&](JobSpec& s) {
      s.limits.silence = Milliseconds(1);
      s.limits_required = false;
      set_stream(s.output, output);
      if (error) set_stream(s.error, *error);
    });
  };
  EXPECT_EQ(silence(Kind::log, {}), "");
  EXPECT_EQ(silence(Kind::log, Kind::null), "");
  EXPECT_EQ(silence(Kind::fd, Kind::log), "");
  EXPECT_EQ(silence(Kind::null, {}), "limit silence");
  EXPECT_EQ(silence(Kind::fd, Kind::fd), "limit silence");
}

TEST(Supported, all_limits_but_rlimits_can_be_changed) {
  const auto changeable = [](const std::function<void(Limits&)>& change) -> std::string {
    Limits limits;
    change(limits);
    try {
      require_changeable(limits);
    } catch (const LimitUnavailable& error) {
      return error.limit();
    }
    return "";
  };
  EXPECT_EQ(changeable([](Limits& l) { l.wall_time = l.silence = l.cpu_time = Milliseconds(1); }), "");
  EXPECT_EQ(changeable([](Limits& l) { l.processes_max = 1; }), "");
  EXPECT_EQ(changeable([](Limits& l) { l.rlimits["nofile"] = {1, 1}; }), "rlimits");
}

}  // namespace
}  // namespace coppice::config
