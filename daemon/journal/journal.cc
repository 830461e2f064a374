#include "daemon/journal/journal.h"

#include <utility>

namespace coppice::daemon {

Journal::Journal(asio::io_context& control, std::string path)
    : control_(control), path_(std::move(path)), sender_(path_) {}

asio::io_context& Journal::thread() {
  if (!worker_) worker_ = std::make_unique<Worker>();
  return worker_->context();
}

}  // namespace coppice::daemon
