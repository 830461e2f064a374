// Entries, lines and the socket to the journal, with a socket in place of journald's.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "daemon/journal/entry.h"
#include "daemon/journal/line_splitter.h"
#include "daemon/journal/sender.h"
#include "tests/journal/fake_journal.h"

namespace coppice::daemon {
namespace {

using support::FakeJournal;
using Lines = std::vector<std::string>;

// The lines of a stream that comes in these pieces.
Lines lines_of(const std::vector<std::string>& pieces) {
  Lines lines;
  const auto take = [&](std::string_view line) { lines.emplace_back(line); };
  LineSplitter splitter;
  for (const std::string& piece : pieces) splitter.add(piece, take);
  splitter.finish(take);
  return lines;
}

std::string socket_path() { return "/tmp/coppice-journal-" + std::to_string(::getpid()); }

TEST(Entry, a_value_with_a_newline_carries_its_length) {
  std::string entry;
  add_field(entry, "A", "b=c");
  add_field(entry, "D", "e\nf");
  EXPECT_EQ(entry, std::string("A=b=c\nD\n\x03\0\0\0\0\0\0\0e\nf\n", 20));
}

TEST(LineSplitter, lines_are_found_wherever_the_pieces_end) {
  EXPECT_EQ(lines_of({"a\nb\n"}), (Lines{"a", "b"}));
  EXPECT_EQ(lines_of({"a", "\n", "", "b", "c\n\nd"}), (Lines{"a", "bc", "", "d"}));
}

TEST(LineSplitter, the_end_without_a_newline_is_a_line) {
  EXPECT_EQ(lines_of({"a\nb"}), (Lines{"a", "b"}));
  EXPECT_EQ(lines_of({}), Lines{});
}

TEST(LineSplitter, a_long_line_comes_in_pieces_without_losing_a_byte) {
  const std::size_t most = LineSplitter::kMaxLine;
  const std::string exact(most, 'x');
  EXPECT_EQ(lines_of({exact + "\n"}), Lines{exact});
  EXPECT_EQ(lines_of({exact, "\n"}), Lines{exact});
  EXPECT_EQ(lines_of({exact + "y\nz\n"}), (Lines{exact, "y", "z"}));
  EXPECT_EQ(lines_of({exact, exact, "y"}), (Lines{exact, exact, "y"}));
}

TEST(JournalSender, an_entry_arrives) {
  FakeJournal journal(socket_path());
  JournalSender sender(journal.path());
  std::string common;
  add_field(common, "PRIORITY", "6");
  EXPECT_EQ(sender.send(make_entry(common, std::string("\xff\0x", 3))), 0);
  const auto entry = journal.take(1).at(0);
  EXPECT_EQ(entry.at("PRIORITY"), "6");
  EXPECT_EQ(entry.at("MESSAGE"), std::string("\xff\0x", 3));
}

TEST(JournalSender, what_no_datagram_holds_goes_as_a_sealed_file) {
  FakeJournal journal(socket_path());
  JournalSender sender(journal.path());
  const std::string line(std::size_t{2} << 20, 'x');
  EXPECT_EQ(sender.send(make_entry("", line)), 0);
  EXPECT_EQ(journal.take(1).at(0).at("MESSAGE"), line);
  EXPECT_EQ(journal.files(), 1u);
}

TEST(JournalSender, a_journal_that_was_started_anew_is_found_again) {
  std::optional<FakeJournal> journal(std::in_place, socket_path());
  JournalSender sender(socket_path());
  EXPECT_EQ(sender.send(make_entry("", "before")), 0);
  journal.reset();
  EXPECT_EQ(sender.send(make_entry("", "lost")), ENOENT);
  journal.emplace(socket_path());
  EXPECT_EQ(sender.send(make_entry("", "after")), 0);
  EXPECT_EQ(journal->take(1).at(0).at("MESSAGE"), "after");
}

TEST(JournalSender, O1_a_journal_that_takes_nothing_is_waited_for_once) {
  FakeJournal journal(socket_path());
  JournalSender sender(journal.path());
  const std::string entry = make_entry("", "x");
  // The kernel queues a bounded number for who does not read; the first one above it waits.
  const auto fill = [&] {
    int sent = 0;
    while (sender.send(entry) == 0) ++sent;
    return sent;
  };
  const int queued = fill();
  EXPECT_GT(queued, 0);
  // With a wait for each of these the test would not end in its time.
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(sender.send(entry), EAGAIN);
  journal.take(static_cast<std::size_t>(queued));
  EXPECT_EQ(sender.send(entry), 0);
}

TEST(JournalSender, whether_somebody_listens_can_be_told) {
  EXPECT_EQ(JournalSender::probe(socket_path()), ENOENT);
  EXPECT_EQ(JournalSender::probe(std::string(200, 'x')), ENAMETOOLONG);
  const FakeJournal journal(socket_path());
  EXPECT_EQ(JournalSender::probe(journal.path()), 0);
}

}  // namespace
}  // namespace coppice::daemon
