// coppice write
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>

#include "base/errno_text.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/trouble.h"
#include "ipc/api/escape.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

// What one call carries: much more than a pipe holds, much less than a message may.
constexpr std::size_t kPiece = 256 << 10;

// Empty at the end.
std::string read_piece() {
  std::string piece(kPiece, '\0');
  ssize_t size = 0;
  do size = ::read(STDIN_FILENO, piece.data(), piece.size());
  while (size < 0 && errno == EINTR);
  if (size < 0) throw errno_error("read", "standard input", errno);
  piece.resize(static_cast<std::size_t>(size));
  return piece;
}

// False once the job reads no more.
// What comes twice would be in the job's input twice: `certain` bytes are there, and of this piece nobody knows.
bool write_piece(const Context& context, PersistentClient& client, json parameters, const std::string& piece,
                 std::uint64_t certain) {
  parameters["data"] = api::base64_encode(piece);
  client.refresh();
  json reply;
  try {
    reply = client.call_once(api::method::kWriteInput, parameters);
  } catch (const varlink::Disconnected& error) {
    throw Trouble("the connection broke (" + std::string(error.what()) + "): the job has been given " +
                  std::to_string(certain) + " bytes" +
                  (piece.empty() ? ", and its input has perhaps been closed"
                                 : ", and perhaps some of the next " + std::to_string(piece.size())));
  }
  if (context.common.json) print_object(reply);
  return reply.at("taken").get<bool>();
}

}  // namespace

int execute(const Context& context, const WriteOptions& options) {
  PersistentClient client(target_of(context.common));
  json parameters = job_parameter(client, options.job);
  bool read_on = true;
  std::uint64_t certain = 0;
  for (std::string piece; read_on && !(piece = read_piece()).empty(); certain += piece.size())
    read_on = write_piece(context, client, parameters, piece, certain);
  if (!read_on) {
    say("the job reads no more of its input");
  } else if (options.close) {
    parameters["close"] = true;
    write_piece(context, client, parameters, "", certain);
  }
  return kSuccess;
}

}  // namespace coppice::cli
