#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "ipc/api/interface.h"

namespace coppice::daemon {
namespace {

using Method = asio::awaitable<void> (*)(varlink::Call&, Services&);

struct Entry {
  const char* name;
  Method method;
};

// What the interface declares and is not here answers MethodNotImplemented.
constexpr Entry kMethods[] = {
    {api::method::kStart, start},         {api::method::kRun, run},
    {api::method::kWait, wait},           {api::method::kSignal, signal},
    {api::method::kStop, stop},           {api::method::kKill, kill},
    {api::method::kFreeze, freeze},       {api::method::kThaw, thaw},
    {api::method::kRenew, renew},         {api::method::kSetLimits, set_limits},
    {api::method::kList, list},           {api::method::kProcesses, processes},
    {api::method::kResize, resize},       {api::method::kAttach, attach},
    {api::method::kReadLog, read_log},    {api::method::kSubscribe, subscribe},
    {api::method::kRemove, remove},       {api::method::kSetSlice, set_slice},
    {api::method::kOpenLog, open_log},    {api::method::kListSlices, list_slices},
    {api::method::kWriteInput, write_input}, {api::method::kUpgrade, upgrade},
    {api::method::kHistory, history},       {api::method::kExplain, explain},
    {api::method::kHistory, history},     {api::method::kReload, reload},
};

// While it lasts it counts against its user.
asio::awaitable<void> counted(varlink::Call& call, Services& services, Method method) {
  const uid_t user = call.peer().uid;
  const RequestCount::Request request(services.requests, user, services.access.quotas_of(user));
  auto running = method(call, services);
  co_await std::move(running);
}

}  // namespace

void register_methods(varlink::Service& service, Services& services) {
  service.add_interface(api::interface_text());
  service.add_interface(api::daemon_interface_text());
  service.translate(translate);
  for (const Entry& entry : kMethods)
    service.handle(entry.name, [&services, method = entry.method](varlink::Call& call) {
      return counted(call, services, method);
    });
}

}  // namespace coppice::daemon
