#include "bench/api.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/errno_text.h"

namespace coppice::bench {
namespace {

using nlohmann::json;

json command_of(const std::vector<std::string>& argv) {
  json command;
  command["argv"] = argv;
  return command;
}

json spec_of(const std::vector<std::string>& argv) {
  json spec;
  spec["commands"] = json::array({command_of(argv)});
  return spec;
}

json stream_of(const char* kind) {
  json stream;
  stream["kind"] = kind;
  return stream;
}

// On connections of its own thread.
Series run_in_turn(const DaemonProcess& daemon, const json& request, int count) {
  varlink::Client client = daemon.connect();
  Series series;
  series.each.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const auto before = Clock::now();
    const json answer = client.call("io.coppice.Jobs.Run", request);
    series.each.push_back(Clock::now() - before);
    const json& result = answer.at("result");
    if (result.at("outcome") != "succeeded") throw std::runtime_error("a job failed: " + answer.dump());
  }
  return series;
}

// The tree's program says on a pipe that it is complete.
json plant(varlink::Client& client, const std::string& grove, int members) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  json request;
  request["spec"] = spec_of({grove, std::to_string(members)});
  request["spec"]["output"] = stream_of("fd");
  request["spec"]["output"]["fd"] = 0;
  const std::vector<int> descriptors = {to.get()};
  client.send("io.coppice.Jobs.Start", request, varlink::Mode::plain, descriptors);
  to.reset();
  const varlink::Reply reply = client.receive();
  reply.throw_if_failed();
  char byte;
  if (::read(from.get(), &byte, 1) != 1) throw std::runtime_error("the tree did not grow");
  json reference;
  reference["id"] = reply.parameters().at("job").at("id");
  return reference;
}

}  // namespace

Series run_jobs(const DaemonProcess& daemon, const std::string& program, int count, int connections,
                JobOutput output) {
  json request;
  request["spec"] = spec_of({program});
  request["spec"]["output"] = stream_of(output == JobOutput::null ? "null" : "log");
  std::vector<Series> parts(static_cast<std::size_t>(connections));
  std::vector<std::exception_ptr> failures(parts.size());
  std::vector<std::thread> threads;
  const auto before = Clock::now();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // The first ones take what does not divide.
    const int share = count / connections + (static_cast<int>(i) < count % connections ? 1 : 0);
    threads.emplace_back([&, i, share] {
      try {
        parts[i] = run_in_turn(daemon, request, share);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Micros whole = Clock::now() - before;
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return merged(parts, whole);
}

void start_idle(const DaemonProcess& daemon, const std::string& program, int count) {
  varlink::Client client = daemon.connect();
  json request;
  request["spec"] = spec_of({program, "wait"});
  request["spec"]["slice"] = "bench";
  for (int i = 0; i < count; ++i) client.call("io.coppice.Jobs.Start", request);
}

void kill_idle(const DaemonProcess& daemon) {
  varlink::Client client = daemon.connect();
  json request;
  request["slice"] = "bench";
  client.call("io.coppice.Jobs.Kill", request);
}

Series kill_trees(const DaemonProcess& daemon, const std::string& grove, int members, int repeats) {
  varlink::Client client = daemon.connect();
  Series series;
  for (int i = 0; i < repeats; ++i) {
    json request;
    request["job"] = plant(client, grove, members);
    const auto before = Clock::now();
    const json answer = client.call("io.coppice.Jobs.Kill", request);
    series.each.push_back(Clock::now() - before);
    if (answer.at("killed").size() != static_cast<std::size_t>(members))
      throw std::runtime_error("killed " + std::to_string(answer.at("killed").size()) + " of " +
                               std::to_string(members));
  }
  return series;
}

}  // namespace coppice::bench
