#include "tests/journal/fake_journal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/errno_text.h"

namespace coppice::support {
namespace {

constexpr int kDeadlineMilliseconds = 60'000;
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

// https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
JournalEntry parse(const std::string& text) {
  JournalEntry entry;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t name_end = text.find_first_of("=\n", at);
    if (name_end == std::string::npos) throw std::runtime_error("a field without an end");
    const std::string name = text.substr(at, name_end - at);
    std::size_t size = 0;
    at = name_end + 1;
    if (text[name_end] == '=') {
      size = text.find('\n', at) - at;
    } else {
      if (at + 8 > text.size()) throw std::runtime_error("a size cut short");
      for (std::size_t byte = 0; byte < 8; ++byte)
        size |= static_cast<std::size_t>(static_cast<unsigned char>(text[at + byte])) << (8 * byte);
      at += 8;
    }
    if (at + size >= text.size() || text[at + size] != '\n') throw std::runtime_error("a value without an end");
    entry[name] = text.substr(at, size);
    at += size + 1;
  }
  return entry;
}

std::string contents(int file) {
  if (::fcntl(file, F_GET_SEALS) != kSeals) throw std::runtime_error("a memory file that is not sealed");
  struct stat status {};
  ::fstat(file, &status);
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  if (::pread(file, text.data(), text.size(), 0) != status.st_size) throw std::runtime_error("pread");
  return text;
}

}  // namespace

FakeJournal::FakeJournal(std::string path)
    : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) throw std::runtime_error("path too long: " + path_);
  std::memcpy(address.sun_path, path_.data(), path_.size());
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw errno_error("bind", path_, errno);
}

FakeJournal::~FakeJournal() { ::unlink(path_.c_str()); }

std::vector<JournalEntry> FakeJournal::take(std::size_t count) {
  std::vector<JournalEntry> entries;
  while (entries.size() < count) entries.push_back(parse(receive()));
  return entries;
}

bool FakeJournal::empty() const {
  pollfd ready{socket_.get(), POLLIN, 0};
  return ::poll(&ready, 1, 0) == 0;
}

std::string FakeJournal::receive() {
  pollfd ready{socket_.get(), POLLIN, 0};
  if (::poll(&ready, 1, kDeadlineMilliseconds) != 1) throw std::runtime_error("no entry came");
  buffer_.resize(std::size_t{1} << 20);
  iovec bytes{buffer_.data(), buffer_.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  if (size < 0) throw errno_error("recvmsg", path_, errno);
  const std::string text = buffer_.substr(0, static_cast<std::size_t>(size));
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return text;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  const UniqueFd file(descriptor);
  ++files_;
  return contents(file.get());
}

}  // namespace coppice::support
