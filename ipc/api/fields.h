// Every struct of io.coppice.Jobs, field by field, once for reading and writing.
//
// An archive is called with each field's name in the interface: `field` (an optional may be left out),
// `unless_empty` (left out when it holds nothing), and three spellings of their own: `base64`,
// `escaped` and `letter`. A test compares these lists with the interface file.
#pragma once

#include <concepts>
#include <type_traits>

#include "config/job.h"
#include "config/job_spec.h"
#include "ipc/api/codec.h"

namespace coppice::api {

template <typename Value, typename Struct>
concept Of = std::same_as<std::remove_const_t<Value>, Struct>;

template <typename Archive, Of<JobRef> Value>
void describe(Archive& a, Value& v) {
  a.field("id", v.id);
  a.field("name", v.name);
}

template <typename Archive, Of<config::Command> Value>
void describe(Archive& a, Value& v) {
  a.field("argv", v.argv);
  a.field("argv0", v.argv0);
}

template <typename Archive, Of<config::Stream> Value>
void describe(Archive& a, Value& v) {
  a.field("kind", v.kind);
  a.field("fd", v.fd);
  a.field("path", v.path);
  a.field("append", v.append);
}

template <typename Archive, Of<config::Rlimit> Value>
void describe(Archive& a, Value& v) {
  a.field("soft", v.soft);
  a.field("hard", v.hard);
}

template <typename Archive, Of<config::Limits> Value>
void describe(Archive& a, Value& v) {
  a.field("memoryMax", v.memory_max);
  a.field("memoryHigh", v.memory_high);
  a.field("cpuMax", v.cpu_max);
  a.field("cpuWeight", v.cpu_weight);
  a.field("ioWeight", v.io_weight);
  a.field("processesMax", v.processes_max);
  a.field("wallTime", v.wall_time);
  a.field("silence", v.silence);
  a.field("cpuTime", v.cpu_time);
  a.unless_empty("rlimits", v.rlimits);
}

template <typename Archive, Of<config::Stopping> Value>
void describe(Archive& a, Value& v) {
  a.field("signal", v.signal);
  a.field("whom", v.whom);
  a.field("grace", v.grace);
  a.field("leftovers", v.leftovers);
}

template <typename Archive, Of<config::TerminalSize> Value>
void describe(Archive& a, Value& v) {
  a.field("columns", v.columns);
  a.field("rows", v.rows);
}

template <typename Archive, Of<config::Lifetime> Value>
void describe(Archive& a, Value& v) {
  a.field("bound", v.bound);
  a.field("fd", v.fd);
  a.field("ttl", v.ttl);
}

template <typename Archive, Of<config::Restart> Value>
void describe(Archive& a, Value& v) {
  a.field("policy", v.policy);
  a.field("delay", v.delay);
  a.field("maxDelay", v.max_delay);
  a.field("maxAttempts", v.max_attempts);
  a.field("resetAfter", v.reset_after);
}

template <typename Archive, Of<config::JobSpec> Value>
void describe(Archive& a, Value& v) {
  a.field("commands", v.commands);
  a.field("name", v.name);
  a.field("slice", v.slice);
  a.unless_empty("labels", v.labels);
  a.field("baseDirectory", v.base_directory);
  a.field("workingDirectory", v.working_directory);
  a.unless_empty("environment", v.environment);
  a.field("inheritEnvironment", v.inherit_environment);
  a.field("user", v.user);
  a.field("group", v.group);
  a.field("supplementaryGroups", v.supplementary_groups);
  a.field("umask", v.umask);
  a.field("nice", v.nice);
  a.field("oomScoreAdjust", v.oom_score_adjust);
  a.field("noNewPrivileges", v.no_new_privileges);
  a.field("delegate", v.delegate);
  a.field("rootDirectory", v.root_directory);
  a.field("input", v.input);
  a.field("output", v.output);
  a.field("error", v.error);
  a.base64("inputData", v.input_data);
  a.field("terminalSize", v.terminal_size);
  a.field("bytesFd", v.bytes_fd);
  a.unless_empty("limits", v.limits);
  a.field("limitsRequired", v.limits_required);
  a.field("containmentRequired", v.containment_required);
  a.field("stopping", v.stopping);
  a.field("lifetime", v.lifetime);
  a.field("restart", v.restart);
  a.field("priority", v.priority);
  a.field("logMax", v.log_max);
  a.field("logDrop", v.log_drop);
}

template <typename Archive, Of<config::ExitStatus> Value>
void describe(Archive& a, Value& v) {
  a.field("code", v.code);
  a.field("signal", v.signal);
  a.field("coreDumped", v.core_dumped);
}

template <typename Archive, Of<config::Usage> Value>
void describe(Archive& a, Value& v) {
  a.field("cpuUser", v.cpu_user);
  a.field("cpuSystem", v.cpu_system);
  a.field("memoryPeak", v.memory_peak);
  a.field("ioRead", v.io_read);
  a.field("ioWritten", v.io_written);
  a.field("processesPeak", v.processes_peak);
  a.field("memoryNow", v.memory_now);
  a.field("processesNow", v.processes_now);
}

template <typename Archive, Of<config::Process> Value>
void describe(Archive& a, Value& v) {
  a.field("pid", v.pid);
  a.field("parent", v.parent);
  a.field("user", v.user);
  a.escaped("commandLine", v.command_line);
  a.letter("state", v.state);
  a.field("startedAt", v.started_at);
  a.field("killed", v.killed);
  a.field("waitChannel", v.wait_channel);
}

template <typename Archive, Of<config::Stage> Value>
void describe(Archive& a, Value& v) {
  a.field("stage", v.stage);
  a.field("at", v.at);
}

template <typename Archive, Of<config::Result> Value>
void describe(Archive& a, Value& v) {
  a.field("outcome", v.outcome);
  a.escaped("detail", v.detail);
  a.field("exceeded", v.exceeded);
  a.field("exits", v.exits);
  a.field("leftovers", v.leftovers);
  a.field("found", v.found);
  a.field("stages", v.stages);
  a.field("usage", v.usage);
  a.field("logDropped", v.log_dropped);
  a.field("startedAt", v.started_at);
  a.field("endedAt", v.ended_at);
}

template <typename Archive, Of<config::Job> Value>
void describe(Archive& a, Value& v) {
  a.field("id", v.id);
  a.field("name", v.name);
  a.field("slice", v.slice);
  a.field("labels", v.labels);
  a.field("owner", v.owner);
  a.escaped("commands", v.commands);
  a.field("state", v.state);
  a.field("containment", v.containment);
  a.field("mainPids", v.main_pids);
  a.field("attempt", v.attempt);
  a.field("priority", v.priority);
  a.field("limits", v.limits);
  a.unless_empty("lacking", v.lacking);
  a.field("expiresAt", v.expires_at);
  a.field("stuck", v.stuck);
  a.field("startedAt", v.started_at);
  a.field("usage", v.usage);
  a.field("result", v.result);
}

template <typename Archive, Of<config::Slice> Value>
void describe(Archive& a, Value& v) {
  a.field("name", v.name);
  a.field("maxJobs", v.max_jobs);
  a.field("live", v.live);
  a.field("queued", v.queued);
  a.unless_empty("limits", v.limits);
}

template <typename Archive, Of<config::Fact> Value>
void describe(Archive& a, Value& v) {
  a.field("name", v.name);
  a.field("state", v.state);
  a.field("detail", v.detail);
  a.field("remedy", v.remedy);
}

}  // namespace coppice::api
