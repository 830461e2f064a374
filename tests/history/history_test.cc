// Writing, finding, going through and forgetting.
#include <set>

#include "ipc/api/codec.h"
#include "tests/history/fixture.h"

namespace coppice::daemon {
namespace {

using Ids = std::vector<std::string>;

TEST_F(WithHistory, what_is_added_is_found_with_all_that_was_known_of_it) {
  open();
  Recipe recipe{7, "ci/build", {{"branch", "main"}}, config::Outcome::failed, 1000, "key-7"};
  HistoryRow row = row_of(recipe);
  row.begun = false;
  row.kept = {true, false, true};
  history().add(row);
  finish(history().committed());
  const auto found = get(history().find(id_of(7)));
  ASSERT_TRUE(found);
  EXPECT_EQ(api::to_wire(found->job->result->ended_at), api::to_wire(row.job->result->ended_at));
  EXPECT_EQ(found->job->labels, row.job->labels);
  EXPECT_EQ(found->job->commands.front().argv, row.job->commands.front().argv);
  EXPECT_EQ(found->job->result->outcome, config::Outcome::failed);
  EXPECT_EQ(found->owner, 1000u);
  EXPECT_EQ(found->key, "key-7");
  EXPECT_FALSE(found->begun);
  EXPECT_TRUE(found->kept.output);
  EXPECT_FALSE(found->kept.error);
  EXPECT_TRUE(found->kept.error_joins);
  EXPECT_FALSE(get(history().find(id_of(8))));
}

TEST_F(WithHistory, it_is_there_after_a_restart_also_what_was_added_last) {
  open();
  add(1, 3);
  history().add(row_of(4));
  history().add(row_of(5));
  close();
  open();
  EXPECT_EQ(ids().size(), 5u);
  EXPECT_TRUE(said().empty());
}

TEST_F(WithHistory, what_ends_within_a_moment_is_committed_together) {
  open();
  for (int number = 1; number <= 200; ++number) history().add(row_of(number));
  finish(history().committed());
  ASSERT_EQ(settled_.size(), 1u);
  EXPECT_EQ(settled_[0].size(), 200u);
}

TEST_F(WithHistory, a_job_that_is_there_stays_as_it_is) {
  open();
  add(1, 1);
  Recipe again;
  again.number = 1;
  again.outcome = config::Outcome::killed;
  history().add(row_of(again));
  finish(history().committed());
  EXPECT_EQ(get(history().find(id_of(1)))->job->result->outcome, config::Outcome::succeeded);
  EXPECT_EQ(ids().size(), 1u);
}

TEST_F(WithHistory, the_latest_job_of_a_key_is_its_owners) {
  open();
  history().add(row_of({1, "", {}, config::Outcome::failed, 1000, "k"}));
  history().add(row_of({2, "", {}, config::Outcome::failed, 1000, "k"}));
  history().add(row_of({3, "", {}, config::Outcome::failed, 1001, "k"}));
  finish(history().committed());
  EXPECT_EQ(get(history().find_key(1000, "k"))->job->id, id_of(2));
  EXPECT_EQ(get(history().find_key(1001, "k"))->job->id, id_of(3));
  EXPECT_FALSE(get(history().find_key(1002, "k")));
  EXPECT_FALSE(get(history().find_key(1000, "other")));
}

TEST_F(WithHistory, each_filter_leaves_what_fits_it_in_either_order) {
  History::Settings settings;
  settings.bounds.age = std::chrono::hours(24 * 366 * 100);
  open(settings);
  history().add(row_of({1, "ci", {{"a", "1"}}, config::Outcome::succeeded, 1, {}, false}));
  history().add(row_of({2, "ci/x", {{"a", "1"}, {"b", "2"}}, config::Outcome::failed, 1, {}, false}));
  history().add(row_of({3, "cix", {{"a", "2"}}, config::Outcome::killed, 2, {}, false}));
  history().add(row_of({4, "", {}, config::Outcome::succeeded, 2, {}, false}));
  finish(history().committed());
  const std::int64_t third = 1'700'000'003'000'000;
  const auto with = [](auto change) {
    HistoryFilter filter;
    change(filter);
    return filter;
  };
  const auto expect = [&](const HistoryFilter& filter, const Ids& expected) { EXPECT_EQ(ids(filter), expected); };
  expect(with([](auto&) {}), {id_of(1), id_of(2), id_of(3), id_of(4)});
  expect(with([](auto& f) { f.newest_first = true; }), {id_of(4), id_of(3), id_of(2), id_of(1)});
  expect(with([](auto& f) { f.slice = "ci"; }), {id_of(1), id_of(2)});
  expect(with([](auto& f) { f.labels = {{"a", "1"}}; }), {id_of(1), id_of(2)});
  expect(with([](auto& f) { f.labels = {{"a", "1"}, {"b", "2"}}; }), {id_of(2)});
  expect(with([](auto& f) { f.owner = 2; }), {id_of(3), id_of(4)});
  expect(with([](auto& f) { f.name = "job-3"; }), {id_of(3)});
  expect(with([](auto& f) { f.outcomes = {config::Outcome::failed, config::Outcome::killed}; }), {id_of(2), id_of(3)});
  expect(with([&](auto& f) { f.ended_since = third; }), {id_of(3), id_of(4)});
  expect(with([&](auto& f) { f.ended_before = third; }), {id_of(1), id_of(2)});
  expect(with([](auto& f) { f.begins = id_of(3); }), {id_of(3)});
  expect(with([](auto& f) { f.begins = "0000"; f.newest_first = true; }), {id_of(4), id_of(3), id_of(2), id_of(1)});
  expect(with([](auto& f) { f.least_id = id_of(3); }), {id_of(3), id_of(4)});
}

TEST_F(WithHistory, a_reader_of_many_rows_gets_pieces_and_writers_go_on_in_between) {
  open();
  constexpr int kRows = 3000;
  for (int number = 1; number <= kRows; ++number) history().add(row_of(number));
  finish(history().committed());
  std::set<std::string> seen;
  int more = kRows;
  HistoryPage page;
  while (!page.end) {
    page = get(history().page({}, page.next));
    EXPECT_LE(page.entries.size(), 256u);
    for (const auto& entry : page.entries) EXPECT_TRUE(seen.insert(entry.id).second) << entry.id;
    if (more == kRows + 5) continue;
    ++more;
    add(more, more);
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(more));
}

TEST_F(WithHistory, a_piece_looks_at_a_bounded_number_of_rows_however_few_fit) {
  open();
  constexpr int kRows = 5000;
  for (int number = 1; number < kRows; ++number) history().add(row_of(number));
  history().add(row_of({kRows, "", {{"rare", "yes"}}}));
  finish(history().committed());
  HistoryFilter filter;
  filter.labels = {{"rare", "yes"}};
  const HistoryPage first = get(history().page(filter, ""));
  EXPECT_TRUE(first.entries.empty());
  EXPECT_FALSE(first.end);
  EXPECT_EQ(ids(filter), Ids(1, id_of(kRows)));
}

TEST_F(WithHistory, a_piece_holds_a_bounded_number_of_bytes) {
  open();
  for (int number = 1; number <= 8; ++number) {
    HistoryRow row = row_of(number);
    auto job = std::make_shared<config::Job>(*row.job);
    job->commands.front().argv.emplace_back(600'000, 'x');
    row.job = std::move(job);
    history().add(std::move(row));
  }
  finish(history().committed());
  EXPECT_EQ(get(history().page({}, "")).entries.size(), 2u);
  EXPECT_EQ(ids().size(), 8u);
}

TEST_F(WithHistory, what_is_removed_is_gone_with_its_logs_also_while_it_is_being_written) {
  open();
  for (int number = 1; number <= 3; ++number) {
    write_log(id_of(number), 10);
    history().add(row_of(number));
  }
  // One is being written by now, two wait.
  Ids all = {id_of(1), id_of(2), id_of(3), id_of(4)};
  get(history().remove(std::move(all)));
  finish(history().committed());
  EXPECT_TRUE(ids().empty());
  for (int number = 1; number <= 3; ++number) EXPECT_FALSE(has_log(id_of(number)));
}

TEST_F(WithHistory, those_that_ended_before_a_time_are_removed_of_one_owner_or_of_all) {
  History::Settings settings;
  settings.bounds.age = std::chrono::hours(24 * 366 * 100);
  open(settings);
  for (int number = 1; number <= 300; ++number)
    history().add(row_of({number, "", {}, config::Outcome::succeeded, static_cast<uid_t>(number % 2), {}, false}));
  finish(history().committed());
  const std::int64_t before = (1'700'000'000 + 201) * std::int64_t{1'000'000};
  EXPECT_EQ(get(history().remove_before(before, 1)), 100u);
  EXPECT_EQ(get(history().remove_before(before, std::nullopt)), 100u);
  EXPECT_EQ(ids().size(), 100u);
}

TEST_F(WithHistory, orphaned_logs_are_removed_and_those_of_known_and_recorded_jobs_stay) {
  open();
  for (int number = 1; number <= 600; ++number) write_log(id_of(number), 1);
  add(1, 10);
  finish(history().sweep_orphaned_logs([](const std::string& id) { return id == id_of(600); }));
  for (int number = 1; number <= 600; ++number)
    EXPECT_EQ(has_log(id_of(number)), number <= 10 || number == 600) << number;
}

}  // namespace
}  // namespace coppice::daemon
