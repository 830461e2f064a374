#include "daemon/history/rows.h"

#include <nlohmann/json.hpp>

#include "config/errors.h"
#include "config/names.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

// What a row takes beside its text: columns, indices, and the pages that are not full.
constexpr std::int64_t kRowBytes = 512;

constexpr std::int64_t kOutput = 1;
constexpr std::int64_t kError = 2;
constexpr std::int64_t kErrorJoins = 4;

std::int64_t to_number(const KeptStreams& kept) {
  return (kept.output ? kOutput : 0) | (kept.error ? kError : 0) | (kept.error_joins ? kErrorJoins : 0);
}

KeptStreams to_kept(std::int64_t number) {
  return {(number & kOutput) != 0, (number & kError) != 0, (number & kErrorJoins) != 0};
}

// What is not UTF-8 was escaped by the codec; a name that slipped through costs its own characters, not the row.
std::string text_of(const config::Job& job) {
  api::JsonText text;
  api::write(job, text);
  return text.take();
}

std::shared_ptr<const config::Job> job_of(const std::string& text) {
  try {
    return std::make_shared<const config::Job>(api::job_from_json(json::parse(text)));
  } catch (const json::exception&) {
  } catch (const config::InvalidSpec&) {
  }
  return nullptr;
}

void insert_labels(Database& database, const config::Job& job) {
  if (job.labels.empty()) return;
  Statement insert = database.prepared("INSERT OR REPLACE INTO label (id, key, value) VALUES (?, ?, ?)");
  for (const auto& [key, value] : job.labels) insert.bind(job.id).bind(key).bind(value).run();
}

void insert_document(Database& database, const std::string& id, const std::string& text) {
  database.prepared("INSERT OR REPLACE INTO document (id, text) VALUES (?, ?)").bind(id).bind(text).run();
}

}  // namespace

Totals count_rows(Database& database) {
  Statement count = database.prepare("SELECT count(*), sum(bytes) FROM job");
  count.step();
  return {count.number(0), count.number(1)};
}

Totals insert_row(Database& database, const HistoryRow& row, std::int64_t log_bytes) {
  const config::Job& job = *row.job;
  const std::string text = text_of(job);
  const std::int64_t bytes = static_cast<std::int64_t>(text.size()) + kRowBytes + log_bytes;
  Statement insert = database.prepared(
      "INSERT INTO job (id, name, slice, owner, outcome, started, ended, key, begun, kept, bytes)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING");
  insert.bind(job.id).bind_optional(job.name).bind(job.slice).bind(std::int64_t{row.owner});
  insert.bind(config::name_of(job.result->outcome));
  insert.bind(api::to_wire(job.result->started_at)).bind(api::to_wire(job.result->ended_at));
  insert.bind_optional(row.key).bind(std::int64_t{row.begun}).bind(to_number(row.kept)).bind(bytes).run();
  if (database.changes() == 0) return {};
  insert_document(database, job.id, text);
  insert_labels(database, job);
  return {1, bytes};
}

bool has_row(Database& database, std::string_view id) {
  return database.prepared("SELECT 1 FROM job WHERE id = ?").bind(id).step();
}

std::optional<HistoryRow> find_row(Database& database, std::string_view id) {
  Statement find = database.prepare(
      "SELECT owner, key, begun, kept, text FROM job JOIN document USING (id) WHERE id = ?");
  if (!find.bind(id).step()) return std::nullopt;
  HistoryRow row;
  row.owner = static_cast<uid_t>(find.number(0));
  row.key = find.optional_text(1);
  row.begun = find.number(2) != 0;
  row.kept = to_kept(find.number(3));
  row.job = job_of(find.text(4));
  if (!row.job || !row.job->result) return std::nullopt;
  return row;
}

std::optional<std::string> find_id_of_key(Database& database, uid_t owner, std::string_view key) {
  Statement find = database.prepare("SELECT id FROM job WHERE owner = ? AND key = ? ORDER BY id DESC LIMIT 1");
  if (!find.bind(std::int64_t{owner}).bind(key).step()) return std::nullopt;
  return find.text(0);
}

std::vector<RowSize> first_ended(Database& database, std::int64_t most, std::optional<std::int64_t> before,
                                 std::optional<uid_t> owner) {
  std::string sql = "SELECT id, bytes FROM job WHERE 1";
  if (before) sql += " AND ended < ?";
  if (owner) sql += " AND owner = ?";
  // Of one user's all are sought, sooner or later, and sorting them for each piece would take long.
  Statement select = database.prepare(sql + (owner ? " LIMIT ?" : " ORDER BY ended LIMIT ?"));
  if (before) select.bind(*before);
  if (owner) select.bind(std::int64_t{*owner});
  select.bind(most);
  std::vector<RowSize> rows;
  while (select.step()) rows.push_back({select.text(0), select.number(1)});
  return rows;
}

std::optional<std::int64_t> first_end(Database& database) {
  Statement select = database.prepare("SELECT ended FROM job ORDER BY ended LIMIT 1");
  if (!select.step()) return std::nullopt;
  return select.number(0);
}

Totals delete_row(Database& database, std::string_view id) {
  Statement find = database.prepared("SELECT bytes FROM job WHERE id = ?");
  if (!find.bind(id).step()) return {};
  const Totals gone{1, find.number(0)};
  for (const char* table : {"job", "document", "label"})
    database.prepared(std::string("DELETE FROM ") + table + " WHERE id = ?").bind(id).run();
  return gone;
}

}  // namespace coppice::daemon
