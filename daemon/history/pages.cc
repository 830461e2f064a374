// Going through the history in pieces.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/names.h"
#include "daemon/history/rows.h"

namespace coppice::daemon {
namespace {

// Rows that one page looks at, and bytes of text that it may hold but for its last entry.
constexpr std::int64_t kWindow = 4096;
constexpr std::size_t kPageBytes = 1 << 20;

// Conditions and their values, in the order in which they are bound.
class Conditions {
 public:
  void add(const std::string& condition) { sql_ += (sql_.empty() ? " WHERE " : " AND ") + condition; }
  void add(const std::string& condition, std::string value) {
    add(condition);
    values_.push_back({std::move(value), 0, true});
  }
  void add(const std::string& condition, std::int64_t value) {
    add(condition);
    values_.push_back({"", value, false});
  }
  // For one more "?" of the condition that was added last.
  void more(std::string value) { values_.push_back({std::move(value), 0, true}); }

  const std::string& sql() const { return sql_; }
  void bind(Statement& statement) const {
    for (const Value& value : values_) {
      if (value.is_text) {
        statement.bind(std::string_view(value.text));
      } else {
        statement.bind(value.number);
      }
    }
  }

 private:
  struct Value {
    std::string text;
    std::int64_t number;
    bool is_text;
  };
  std::string sql_;
  std::vector<Value> values_;
};

const char* order(const HistoryFilter& filter) { return filter.newest_first ? " ORDER BY job.id DESC" : " ORDER BY job.id"; }

// Those by which the rows to look at are chosen: there is an index for each, in the order of the ids.
Conditions walked(const HistoryFilter& filter, const std::string& after) {
  Conditions conditions;
  if (!after.empty()) conditions.add(filter.newest_first ? "job.id < ?" : "job.id > ?", after);
  if (!filter.begins.empty()) {
    conditions.add("job.id >= ?", filter.begins);
    // Behind every digit of an id.
    conditions.add("job.id < ?", filter.begins + "~");
  }
  if (!filter.least_id.empty()) conditions.add("job.id >= ?", filter.least_id);
  if (filter.name) conditions.add("name = ?", *filter.name);
  if (filter.owner) conditions.add("owner = ?", std::int64_t{*filter.owner});
  return conditions;
}

void add_slice(Conditions& conditions, const std::string& slice) {
  if (slice.empty()) return;
  // "0" is what comes behind "/".
  conditions.add("(slice = ? OR (slice > ? AND slice < ?))", slice);
  conditions.more(slice + "/");
  conditions.more(slice + "0");
}

// "+" keeps the index of `ended` out: its rows would have to be sorted.
void add_rest(Conditions& conditions, const HistoryFilter& filter) {
  add_slice(conditions, filter.slice);
  if (filter.ended_since) conditions.add("+ended >= ?", *filter.ended_since);
  if (filter.ended_before) conditions.add("+ended < ?", *filter.ended_before);
  std::string outcomes;
  // Names of ours: nothing in them needs quoting.
  for (const auto outcome : filter.outcomes)
    outcomes += (outcomes.empty() ? "'" : ", '") + std::string(config::name_of(outcome)) + "'";
  if (!outcomes.empty()) conditions.add("outcome IN (" + outcomes + ")");
  for (const auto& [key, value] : filter.labels) {
    conditions.add("EXISTS (SELECT 1 FROM label WHERE label.id = job.id AND label.key = ? AND label.value = ?)", key);
    conditions.more(value);
  }
}

// The last row that this page looks at; nothing if it is the last page.
std::optional<std::string> window_end(Database& database, const HistoryFilter& filter, const Conditions& conditions) {
  Statement select =
      database.prepare("SELECT id FROM job" + conditions.sql() + order(filter) + " LIMIT 1 OFFSET ?");
  conditions.bind(select);
  if (!select.bind(kWindow - 1).step()) return std::nullopt;
  return select.text(0);
}

}  // namespace

HistoryPage read_page(Database& database, const HistoryFilter& filter, const std::string& after, std::size_t most) {
  Conditions conditions = walked(filter, after);
  const auto last = window_end(database, filter, conditions);
  if (last) conditions.add(filter.newest_first ? "job.id >= ?" : "job.id <= ?", *last);
  add_rest(conditions, filter);
  const std::string columns = filter.ids_only ? "job.id, ''" : "job.id, text";
  const std::string from = filter.ids_only ? " FROM job" : " FROM job CROSS JOIN document USING (id)";
  Statement select = database.prepare("SELECT " + columns + from + conditions.sql() + order(filter) + " LIMIT ?");
  conditions.bind(select);
  select.bind(static_cast<std::int64_t>(most));
  HistoryPage page;
  std::size_t bytes = 0;
  bool full = false;
  while (!full && select.step()) {
    page.entries.push_back({select.text(0), select.text(1)});
    bytes += page.entries.back().text.size();
    full = bytes >= kPageBytes || page.entries.size() == most;
  }
  page.next = full ? page.entries.back().id : last.value_or("");
  page.end = !full && !last;
  return page;
}

}  // namespace coppice::daemon
