#include "process/keeper/handover.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/errno_text.h"

namespace coppice::process {
namespace {

constexpr std::string_view kTitle = "coppice-keeper handover ";
constexpr std::uint64_t kFailed = 1;
constexpr std::uint64_t kExited = 2;
// More words than any line has.
constexpr std::size_t kMaxWords = 20;

void put(std::string& text, std::string_view name, std::initializer_list<std::int64_t> numbers) {
  text += name;
  for (const std::int64_t number : numbers) text += " " + std::to_string(number);
  text += "\n";
}

// The numbers of 64 bits, too, are written as they are: two's complement there and back.
std::int64_t as_signed(std::uint64_t number) { return static_cast<std::int64_t>(number); }

void put_command(std::string& text, const KeptCommand& command) {
  std::array<std::int64_t, 6> report{};
  if (const auto* failed = std::get_if<Failed>(&command.report); failed && command.over)
    report = {kFailed, static_cast<std::int64_t>(failed->step), failed->error, failed->index};
  if (const auto* exited = std::get_if<Exited>(&command.report); exited && command.over)
    report = {kExited, exited->status, exited->known, as_signed(exited->user_microseconds),
              as_signed(exited->system_microseconds), as_signed(exited->max_resident_kibibytes)};
  const Launched& launched = command.launched;
  put(text, "command",
      {as_signed(command.key), command.over, command.foreign, command.pidfd, command.pen, launched.pid,
       static_cast<std::int64_t>(launched.identity_kind), as_signed(launched.identity), report[0], report[1],
       report[2], report[3], report[4], report[5]});
}

struct Line {
  std::string_view name;
  std::array<std::int64_t, kMaxWords> numbers{};
  std::size_t count = 0;

  std::uint64_t at(std::size_t index) const { return static_cast<std::uint64_t>(numbers[index]); }
  int descriptor(std::size_t index) const { return static_cast<int>(numbers[index]); }
  std::uint32_t word(std::size_t index) const { return static_cast<std::uint32_t>(numbers[index]); }
};

std::optional<Line> split(std::string_view text) {
  Line line;
  line.name = text.substr(0, text.find(' '));
  text.remove_prefix(line.name.size());
  while (!text.empty()) {
    text.remove_prefix(1);  // the blank
    if (line.count == kMaxWords) return std::nullopt;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), line.numbers[line.count++]);
    if (parsed.ec != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (!text.empty() && text.front() != ' ') return std::nullopt;
  }
  return line;
}

std::optional<Report> report_of(const Line& line) {
  if (line.at(8) == kFailed) {
    const auto step = step_from_number(line.word(9));
    if (!step) return std::nullopt;
    Failed failed;
    failed.key = line.at(0);
    failed.step = *step;
    failed.error = line.word(10);
    failed.index = line.word(11);
    return failed;
  }
  Exited exited;
  exited.key = line.at(0);
  exited.status = static_cast<std::int32_t>(line.numbers[9]);
  exited.known = line.word(10);
  exited.user_microseconds = line.at(11);
  exited.system_microseconds = line.at(12);
  exited.max_resident_kibibytes = line.at(13);
  if (line.at(8) != kExited) return std::nullopt;
  return exited;
}

bool take_command(KeeperHandover& handover, const Line& line) {
  constexpr std::size_t kFields = 14;
  constexpr auto kLastKind = static_cast<std::uint64_t>(IdentityKind::start_time);
  if (line.count != kFields || line.at(6) > kLastKind) return false;
  KeptCommand command;
  command.key = line.at(0);
  command.over = line.at(1) != 0;
  command.foreign = line.at(2) != 0;
  command.pidfd = line.descriptor(3);
  command.pen = line.descriptor(4);
  if (line.at(5) != 0) {
    command.launched.key = command.key;
    command.launched.pid = line.word(5);
    command.launched.identity_kind = static_cast<IdentityKind>(line.word(6));
    command.launched.identity = line.at(7);
  }
  if (command.over) {
    const auto report = report_of(line);
    if (!report) return false;
    command.report = *report;
  }
  handover.commands.push_back(command);
  return true;
}

bool take(KeeperHandover& handover, const Line& line) {
  if (line.name == "command") return take_command(handover, line);
  if (line.name == "held" && line.count == 3) {
    handover.held.push_back({line.at(0), line.word(1), line.descriptor(2)});
  } else if (line.name == "limit" && line.count == 2) {
    handover.descriptor_limit = rlimit{line.at(0), line.at(1)};
  } else if (line.name == "keys" && line.count == 1) {
    handover.last_key = line.at(0);
  } else if (line.name == "restarts" && line.count == 1) {
    handover.restarts = line.word(0);
  } else if (line.name == "rest" && line.count == 1) {
    handover.rest = line.at(0) != 0;
  } else {
    return false;
  }
  return true;
}

// Takes the next line away, without its newline; nothing if there is no newline.
std::optional<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

bool reads_handover(unsigned version) { return version == kHandoverVersion; }

std::vector<int> KeeperHandover::descriptors() const {
  std::vector<int> all;
  for (const KeptCommand& command : commands)
    for (const int fd : {command.pidfd, command.pen})
      if (fd >= 0) all.push_back(fd);
  for (const KeptDescriptor& one : held) all.push_back(one.descriptor);
  return all;
}

std::string write_handover(const KeeperHandover& handover) {
  std::string text = std::string(kTitle) + std::to_string(kHandoverVersion) + "\n";
  if (const auto& limit = handover.descriptor_limit)
    put(text, "limit", {as_signed(limit->rlim_cur), as_signed(limit->rlim_max)});
  put(text, "keys", {as_signed(handover.last_key)});
  put(text, "restarts", {handover.restarts});
  put(text, "rest", {handover.rest});
  for (const KeptCommand& command : handover.commands) put_command(text, command);
  for (const KeptDescriptor& one : handover.held) put(text, "held", {as_signed(one.box), one.tag, one.descriptor});
  text += "end\n";
  return text;
}

std::optional<KeeperHandover> read_handover(std::string_view text) {
  if (next_line(text) != std::string(kTitle) + std::to_string(kHandoverVersion)) return std::nullopt;
  KeeperHandover handover;
  while (const auto words = next_line(text)) {
    if (*words == "end") return text.empty() ? std::optional(std::move(handover)) : std::nullopt;
    const auto line = split(*words);
    if (!line || !take(handover, *line)) return std::nullopt;
  }
  return std::nullopt;
}

UniqueFd seal_handover(const std::string& text) {
  UniqueFd file(::memfd_create("coppice-keeper-handover", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) throw errno_error("memfd_create", "", errno);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t put = ::write(file.get(), rest.data(), rest.size());
    if (put < 0 && errno != EINTR) throw errno_error("write", "the hand-over", errno);
    if (put > 0) rest.remove_prefix(static_cast<std::size_t>(put));
  }
  constexpr int kAll = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(file.get(), F_ADD_SEALS, kAll) != 0) throw errno_error("seal", "the hand-over", errno);
  return file;
}

std::string load_handover(int file) {
  std::string text;
  std::array<char, 4096> part;
  while (true) {
    const ssize_t got = ::pread(file, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace coppice::process
