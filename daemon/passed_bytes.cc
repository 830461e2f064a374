#include "daemon/passed_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/errno_text.h"
#include "config/check.h"
#include "config/errors.h"
#include "ipc/api/codec.h"
#include "ipc/api/spec_bytes.h"

namespace coppice::daemon {
namespace {

// Half of what a message may have: JobFailed tells a result beside the commands.
constexpr std::size_t kTellable = 8 * 1024 * 1024;
// "\u0001", or a byte that is no UTF-8 as "\\xff".
constexpr std::size_t kLongestCharacter = 6;

[[noreturn]] void refuse(const std::string& reason) {
  throw config::InvalidSpec("spec.bytesFd", reason);
}

std::size_t size_of(int file) {
  struct stat status{};
  if (::fstat(file, &status) != 0) refuse(errno_message("fstat", "the memory file", errno));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > config::cap::kBytes)
    refuse("has " + std::to_string(size) + " bytes, and at most " + std::to_string(config::cap::kBytes) +
           " are read");
  return static_cast<std::size_t>(size);
}

// Only memory files have seals (fcntl(2)), and asking waits for no file system.
void require_sealed(int file) {
  constexpr int kNeeded = F_SEAL_SHRINK | F_SEAL_WRITE;
  const int seals = ::fcntl(file, F_GET_SEALS);
  if (seals < 0) refuse("is no memory file: make it with memfd_create(2)");
  if ((seals & kNeeded) != kNeeded)
    refuse("is not sealed: add F_SEAL_SHRINK and F_SEAL_WRITE, so that nobody changes it while it is read");
}

}  // namespace

std::string read_sealed(int file) {
  require_sealed(file);
  std::string bytes(size_of(file), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got =
        ::pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(errno_message("read", "the memory file", errno));
    if (got == 0) refuse("ends before its end");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

void fill_in_bytes(varlink::Call& call, config::JobSpec& spec) {
  if (!spec.bytes_fd) return;
  const UniqueFd file = call.take_descriptor(*spec.bytes_fd, "spec.bytesFd");
  spec.bytes_fd.reset();
  api::give_spec_bytes(read_sealed(file.get()), spec);
}

void require_tellable(const config::JobSpec& spec) {
  std::size_t most = 0;
  for (const config::Command& command : spec.commands)
    for (const std::string& argument : command.argv) most += kLongestCharacter * argument.size() + 3;
  if (most <= kTellable) return;
  config::Job job;
  job.commands = spec.commands;
  if (api::to_json(job).at("commands").dump().size() > kTellable)
    throw config::InvalidSpec("spec.commands", "as JSON, which replies tell, they have over " +
                                                   std::to_string(kTellable) +
                                                   " bytes: pass the bulk as a file or as input");
}

}  // namespace coppice::daemon
