#include "cli/log_printer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cli/moments.h"
#include "cli/output.h"
#include "cli/trouble.h"
#include "ipc/api/escape.h"

namespace coppice::cli {
namespace {

std::string stamped(std::string_view bytes, const std::string& stamp, bool in_line) {
  std::string text;
  while (!bytes.empty()) {
    if (!in_line) text += stamp;
    in_line = false;
    const std::size_t size = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
    text += bytes.substr(0, size);
    bytes.remove_prefix(size);
  }
  return text;
}

}  // namespace

void LogPrinter::take(const nlohmann::json& reply) {
  const auto bytes = api::base64_decode(reply.at("data").get_ref<const std::string&>());
  if (!bytes) throw Trouble("the daemon's answer is not understood: data is not base64");
  const auto offset = reply.at("offset").get<std::int64_t>();
  if (stamps_ && !bytes->empty()) {
    // The rest of a line that was not kept does not belong to the beginning that was.
    if (in_line_ && offset > position_) {
      print("\n");
      in_line_ = false;
    }
    print(stamped(*bytes, iso_time(reply.at("at").get<std::int64_t>()) + " ", in_line_));
    in_line_ = bytes->back() != '\n';
  } else {
    print(*bytes);
  }
  position_ = offset + static_cast<std::int64_t>(bytes->size());
}

}  // namespace coppice::cli
