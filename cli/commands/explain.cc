// coppice explain
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kNameWidth = 26;

void show(const Context& context, const config::Fact& fact) {
  const bool works = fact.state == config::Fact::State::working;
  const std::string name = printable(fact.name);
  print(context.out.paint(works ? Colour::green : Colour::red, works ? "yes  " : "no   ") +
        context.out.paint(Colour::bold, name) + std::string(name.size() < kNameWidth ? kNameWidth - name.size() : 1, ' ') +
        printable(fact.detail) + "\n");
  if (fact.remedy) print(std::string(5, ' ') + context.out.paint(Colour::yellow, "to have it: ") + printable(*fact.remedy) + "\n");
}

}  // namespace

// Without a daemon there is nobody who knows what one could do here: a private one finds out, or says why it cannot run.
int execute(const Context& context, const ExplainOptions& /*options*/) {
  const Target target = target_of(context.common);
  PersistentClient client(target, connect_or_start(target));
  const json reply = client.call(api::method::kExplain, json::object());
  for (const json& fact : reply.at("facts")) {
    if (context.common.json)
      print_object(fact);
    else
      show(context, api::fact_from_json(fact));
  }
  return kSuccess;
}

}  // namespace coppice::cli
