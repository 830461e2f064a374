// libFuzzer target: the reader of messages and of interface descriptions.
// With Clang, and coverage of the library too:
//   bazel run --config=clang --copt=-fsanitize=fuzzer-no-link,address //tests/fuzz:varlink_reader_fuzz -- -max_total_time=60
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "ipc/varlink/idl.h"
#include "ipc/varlink/message.h"

namespace {

using namespace coppice::varlink;

// What is accepted must survive being written and read again.
void check_call(std::string_view text) {
  try {
    const Request request = decode_call(text);
    std::string again =
        encode_call(request.method, request.parameters, request.more, request.oneway, request.upgrade);
    again.pop_back();
    if (decode_call(again).parameters != request.parameters) std::abort();
  } catch (const ProtocolError&) {
    // Refused, as most of it should be.
  }
}

void check_description(std::string_view text) {
  try {
    parse_interface(text);
  } catch (const IdlError&) {
    // Likewise.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_call(text);
  check_description(text);
  return 0;
}
