#include "tests/crash/conductor.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <cstring>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "tests/crash/caller.h"
#include "tests/crash/programs/witness.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::crash {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 2ms;

int stream_of(const std::string& name) { return name == "error" ? 2 : 1; }
const char* name_of_stream(int stream) { return stream == 2 ? "error" : "output"; }

json ref(const std::string& id) { return {{"id", id}}; }

std::vector<int> streams_of(const Plan& plan) {
  return plan.streams == 3 ? std::vector<int>{1, 2} : std::vector<int>{1};
}

// The log from its first byte, across lost connections. Throws for a piece that begins elsewhere than the last one
// ended.
std::string read_log(const std::string& socket, const std::string& id, int stream, bool follow) {
  Caller caller(socket);
  std::string text;
  const auto parameters = [&] {
    return json{{"job", ref(id)}, {"stream", name_of_stream(stream)}, {"offset", text.size()}, {"follow", follow}};
  };
  caller.stream("ReadLog", parameters, [&](const json& piece) {
    if (piece.at("offset") != text.size())
      throw std::runtime_error("a piece of log begins at " + piece.at("offset").dump() + ", not at " +
                               std::to_string(text.size()));
    text += support::decode_base64(piece.at("data").get<std::string>());
    return true;
  });
  return text;
}

json wait_for(const std::string& socket, const std::string& id) {
  return Caller(socket).call("Wait", {{"job", ref(id)}, {"unchecked", true}}).at("result");
}

bool is_wrong_state(const varlink::MethodError& error) { return error.name() == "io.coppice.Jobs.WrongState"; }

// False if the job is not in a state for it: it may have ended meanwhile, or the call is a repeat of one that was
// carried out.
bool ask(Caller& caller, const std::string& method, const std::string& id, const json& more = json::object()) {
  json parameters = {{"job", ref(id)}};
  parameters.update(more);
  try {
    caller.call(method, parameters);
    return true;
  } catch (const varlink::MethodError& error) {
    if (!is_wrong_state(error)) throw;
    return false;
  }
}

class Conductor {
 public:
  Conductor(const std::string& socket, Account& account) : socket_(socket), account_(account), plan_(account.plan) {}

  void conduct() {
    try {
      const std::string id = plan_.through_run ? run() : start();
      attend(id);
      act(id);
      tell("the waiter at the end", wait_for(socket_, id));
      for (auto& part : parts_) part.get();
      for (const int stream : streams_of(plan_)) account_.kept[stream] = read_log(socket_, id, stream, false);
    } catch (const std::exception& error) {
      account_.trouble.push_back(error.what());
    }
    // What still runs ends with its job, or with its patience.
    for (auto& part : parts_) leave(part);
    read_witness(account_);
  }

 private:
  void leave(std::future<void>& part) {
    try {
      if (part.valid()) part.get();
    } catch (const std::exception& error) {
      account_.trouble.push_back(error.what());
    }
  }

  void tell(const std::string& who, const json& result) {
    const std::lock_guard hold(lock_);
    account_.results.emplace_back(who, result);
  }

  void beside(std::function<void()> part) { parts_.push_back(std::async(std::launch::async, std::move(part))); }

  std::string start() {
    Caller caller(socket_);
    const std::string id = caller.call("Start", {{"spec", plan_.spec}, {"key", plan_.key}}).at("job").at("id");
    account_.ids.insert(id);
    return id;
  }

  // Answers when the job is known; its pieces and its result come in beside.
  std::string run() {
    auto known = std::make_shared<std::promise<std::string>>();
    beside([this, known] {
      bool is_known = false;
      try {
        stream_run([&](const std::string& id) {
          if (!std::exchange(is_known, true)) known->set_value(id);
        });
      } catch (...) {
        if (is_known) throw;
        known->set_exception(std::current_exception());
      }
    });
    return known->get_future().get();
  }

  void stream_run(const std::function<void(const std::string&)>& on_id) {
    Caller caller(socket_);
    std::map<int, std::string> pieces = {{1, ""}, {2, ""}};
    const auto parameters = [&] {
      return json{{"spec", plan_.spec},           {"key", plan_.key},
                  {"unchecked", true},            {"outputFrom", pieces[1].size()},
                  {"errorFrom", pieces[2].size()}};
    };
    caller.stream("Run", parameters, [&](const json& reply) {
      if (reply.contains("job")) {
        account_.ids.insert(reply["job"].at("id").get<std::string>());
        on_id(reply["job"].at("id"));
      }
      if (reply.contains("data"))
        pieces[stream_of(reply.at("stream"))] += support::decode_base64(reply["data"].get<std::string>());
      if (reply.contains("result")) tell("Run", reply["result"]);
      return true;
    });
    account_.ran = std::move(pieces);
  }

  void attend(const std::string& id) {
    if (plan_.waited) beside([this, id] { tell("the waiter", wait_for(socket_, id)); });
    if (!plan_.followed) return;
    for (const int stream : streams_of(plan_)) {
      std::string& place = account_.followed[stream];
      beside([this, id, stream, &place] { place = read_log(socket_, id, stream, true); });
    }
  }

  void act(const std::string& id) {
    Caller caller(socket_);
    switch (plan_.kind) {
      case Kind::stopped:
      case Kind::polite: return await_writing(), end(caller, "Stop", id);
      case Kind::killed: return await_writing(), end(caller, "Kill", id);
      case Kind::frozen: return await_writing(), stand_still(caller, id);
      case Kind::leased: return renew(caller, id);
      default: return;
    }
  }

  void end(Caller& caller, const std::string& method, const std::string& id) {
    try {
      const json answer = caller.call(method, {{"job", ref(id)}});
      tell(method, answer.at("results").at(id));
    } catch (const varlink::MethodError& error) {
      // A repeat that finds the job on its way out, or over.
      if (!is_wrong_state(error) || caller.losses() == 0) throw;
    }
  }

  void stand_still(Caller& caller, const std::string& id) {
    const bool stands_still = ask(caller, "Freeze", id);
    const std::string state = caller.call("List", {{"job", ref(id)}}).at("job").at("state");
    // Its writer may have ended at that very moment.
    if (stands_still && state != "frozen" && state != "ended") account_.trouble.push_back("is " + state + " after Freeze");
    ask(caller, "Thaw", id);
  }

  void renew(Caller& caller, const std::string& id) {
    for (int time = 0; time < 5; ++time)
      if (!ask(caller, "Renew", id)) return;
  }

  void await_writing() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    do {
      read_witness(account_);
      for (const auto& notes : account_.noted)
        if (notes.at(1).done + notes.at(2).done > 0) return;
      std::this_thread::sleep_for(kLook);
    } while (std::chrono::steady_clock::now() < deadline);
    throw Abandoned("its writer does not write");
  }

  const std::string socket_;
  Account& account_;
  const Plan& plan_;
  std::mutex lock_;
  std::vector<std::future<void>> parts_;
};

}  // namespace

void conduct(const std::string& socket, Account& account) { Conductor(socket, account).conduct(); }

void read_witness(Account& account) {
  const std::string attempts = support::read_text(attempts_file(account.plan.witness));
  account.starts = static_cast<int>(std::count(attempts.begin(), attempts.end(), '\n'));
  account.noted.clear();
  for (int attempt = 1; attempt <= account.starts; ++attempt) {
    const std::string bytes = support::read_text(notes_file(account.plan.witness, attempt));
    std::map<int, Noted> noted = {{1, {}}, {2, {}}};
    std::uint64_t numbers[4] = {};
    static_assert(sizeof numbers == sizeof(Notes));
    if (bytes.size() == sizeof numbers) {
      std::memcpy(numbers, bytes.data(), sizeof numbers);
      noted = {{1, {numbers[0], numbers[1]}}, {2, {numbers[2], numbers[3]}}};
    }
    account.noted.push_back(std::move(noted));
  }
}

}  // namespace coppice::crash
