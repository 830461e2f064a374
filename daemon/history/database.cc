#include "daemon/history/database.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

// For a reader with sqlite3(1) that holds a lock for a moment.
constexpr int kBusyMilliseconds = 2000;

bool passes(int system_error) {
  switch (system_error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EINTR:
      return true;
    default:
      return false;
  }
}

bool is_unusable(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
      return false;
    case SQLITE_CANTOPEN:
      return !passes(system_error);
    default:
      return true;
  }
}

bool is_harmless(int code) {
  const int kind = code & 0xff;
  return kind == SQLITE_FULL || kind == SQLITE_BUSY || kind == SQLITE_LOCKED || kind == SQLITE_NOMEM;
}

DatabaseError error_of(sqlite3* database, int code) {
  const int system_error = database ? sqlite3_system_errno(database) : 0;
  std::string words = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const int kind = code & 0xff;
  if (system_error != 0 && (kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR))
    words += " (" + errno_name(system_error) + ")";
  return DatabaseError(words, code, system_error);
}

sqlite3_stmt* compile(sqlite3* database, std::string_view sql, unsigned flags) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), flags, &statement, nullptr) != SQLITE_OK)
    throw error_of(database, sqlite3_extended_errcode(database));
  return statement;
}

}  // namespace

DatabaseError::DatabaseError(const std::string& what, int code, int system_error)
    : std::runtime_error(what),
      corrupt_((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB),
      harmless_(is_harmless(code)),
      unusable_(is_unusable(code, system_error)) {}

Statement::Statement(sqlite3* database, std::string_view sql)
    : database_(database), statement_(compile(database, sql, 0), LetGo{false}) {}

Statement::Statement(sqlite3* database, sqlite3_stmt& kept) : database_(database), statement_(&kept, LetGo{true}) {}

void Statement::LetGo::operator()(sqlite3_stmt* statement) const {
  if (!kept) {
    sqlite3_finalize(statement);
    return;
  }
  // It answers with the error of its last step, which has been told.
  static_cast<void>(sqlite3_reset(statement));
  static_cast<void>(sqlite3_clear_bindings(statement));
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw error_of(database_, sqlite3_extended_errcode(database_));
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, number));
  return *this;
}

Statement& Statement::bind_optional(const std::optional<std::string>& text) {
  if (text) return bind(std::string_view(*text));
  check(sqlite3_bind_null(statement_.get(), ++bound_));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw error_of(database_, sqlite3_extended_errcode(database_));
}

void Statement::run() {
  while (step()) {
  }
  check(sqlite3_reset(statement_.get()));
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (!bytes) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return text(column);
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

Database::Database(const std::string& path) {
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) throw error_of(database, code);
  // SQLite makes files 0644 and gives its journals the mode of the database.
  static_cast<void>(::chmod(path.c_str(), 0600));
  sqlite3_busy_timeout(database, kBusyMilliseconds);
}

// BEGIN IMMEDIATE does not tell: it begins to read then.
void Database::require_writable() const {
  if (sqlite3_db_readonly(database_.get(), "main") != 0)
    throw DatabaseError("it can be read and not be written", SQLITE_READONLY, 0);
}

Statement Database::prepared(const std::string& sql) {
  auto& statement = prepared_[sql];
  if (!statement) statement.reset(compile(database_.get(), sql, SQLITE_PREPARE_PERSISTENT));
  return Statement(database_.get(), *statement);
}

void Database::run(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw error_of(database_.get(), sqlite3_extended_errcode(database_.get()));
}

std::int64_t Database::number(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.number(0) : 0;
}

Transaction::Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const DatabaseError&) {
    // SQLite has done so itself on the errors that it cannot go on from (lang_transaction.html).
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace coppice::daemon
