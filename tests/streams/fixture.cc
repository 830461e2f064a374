#include "tests/streams/fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "ipc/api/escape.h"

namespace coppice::support {

void Streams::SetUp() {
  if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
  start_daemon({});
}

void Streams::start_daemon(const std::vector<std::string>& more) {
  client_.reset();
  daemon_.reset();
  daemon_.emplace(more);
  client_.emplace(daemon_->connect());
}

Pipe::Pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  read.reset(ends[0]);
  write.reset(ends[1]);
}

json stream(const char* kind) { return {{"kind", kind}}; }

json passed(int index) { return {{"kind", "fd"}, {"fd", index}}; }

Ends ends_of(varlink::Reply& reply) {
  const auto take = [&](const char* name) {
    const auto index = reply.parameters().find(name);
    return index == reply.parameters().end() ? UniqueFd() : reply.take_descriptor(index->get<std::size_t>());
  };
  Ends ends;
  ends.input = take("input");
  ends.output = take("output");
  ends.error = take("error");
  return ends;
}

Started start_with_ends(varlink::Client& client, const json& spec) {
  client.send("io.coppice.Jobs.Start", {{"spec", spec}});
  varlink::Reply reply = next_reply(client);
  reply.throw_if_failed();
  Started started;
  started.job = reply.parameters().at("job");
  started.ends = ends_of(reply);
  return started;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) throw std::runtime_error("write failed");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_all(int fd) {
  std::string bytes;
  std::array<char, 65536> piece;
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    const auto bound = std::chrono::milliseconds(kDeadline).count();
    if (::poll(&ready, 1, static_cast<int>(bound)) != 1) throw std::runtime_error("no end of the file came");
    const ssize_t size = ::read(fd, piece.data(), piece.size());
    if (size < 0) throw std::runtime_error("read failed");
    if (size == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(size));
  }
}

std::string pattern_of(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

pid_t main_pid(const json& job) { return job.at("mainPids").at(0).get<pid_t>(); }

int flags_of(pid_t pid, int fd) {
  const std::string text = read_text("/proc/" + std::to_string(pid) + "/fdinfo/" + std::to_string(fd));
  const auto at = text.find("flags:");
  if (at == std::string::npos) throw std::runtime_error("no fdinfo of " + std::to_string(pid));
  return static_cast<int>(std::stol(text.substr(at + 6), nullptr, 8));
}

json input_call(const json& job, std::string_view data, bool close) {
  return {{"job", ref(job)}, {"data", api::base64_encode(data)}, {"close", close}};
}

}  // namespace coppice::support
