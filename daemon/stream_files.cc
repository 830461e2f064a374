#include "daemon/stream_files.h"

#include <optional>

namespace coppice::daemon {
namespace {

const config::Stream* as_file(const std::optional<config::Stream>& stream) {
  return stream && stream->kind == config::Stream::Kind::file ? &*stream : nullptr;
}

process::StreamFile output_file(const config::Stream& stream, std::size_t command, bool shared) {
  const bool append = stream.append.value_or(false);
  process::StreamFile file;
  file.path = *stream.path;
  file.append = append || shared;
  file.truncate = !append && (command == 0 || !shared);
  return file;
}

}  // namespace

void plan_files(const config::JobSpec& spec, std::size_t command, process::Launch& launch) {
  const bool several = spec.commands.size() > 1;
  const bool last = command + 1 == spec.commands.size();
  auto& [input, output, error] = launch.files;
  if (const auto* file = as_file(spec.input); file && command == 0)
    input = process::StreamFile{*file->path, false, false};
  if (const auto* file = as_file(spec.error)) error = output_file(*file, command, several);
  const auto* file = as_file(spec.output);
  if (!file) return;
  const bool shared = several && !spec.error;
  if (last) output = output_file(*file, command, shared);
  if (spec.error) return;
  launch.error_follows_output = last;
  if (!last) error = output_file(*file, command, shared);
}

}  // namespace coppice::daemon
