#include "cli/job_file/fault.h"

#include "cli/terminal.h"

namespace coppice::cli {
namespace {

Position position_of(const Document& document, std::string path) {
  while (!path.empty()) {
    const auto found = document.positions.find(path);
    if (found != document.positions.end()) return found->second;
    const std::size_t end = path.find_last_of(".[");
    path.erase(end == std::string::npos ? 0 : end);
  }
  return {1, 1};
}

}  // namespace

void fail(const std::string& file, Position at, const std::string& reason) {
  throw JobFileError(printable(file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
                               reason));
}

void fail(const std::string& file, const Document& document, const std::string& path,
          const std::string& reason) {
  fail(file, position_of(document, path), path.empty() ? reason : path + ": " + reason);
}

}  // namespace coppice::cli
