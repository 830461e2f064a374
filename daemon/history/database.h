// A connection to an SQLite database and what runs on it. Nothing else of the daemon knows SQLite.
//
// Everything throws DatabaseError. One thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

namespace coppice::daemon {

class DatabaseError : public std::runtime_error {
 public:
  // `code`: SQLite's extended result code. `system_error`: errno of what it tried, where it tells.
  DatabaseError(const std::string& what, int code, int system_error);

  // Its pages contradict each other, or it is none.
  bool corrupt() const { return corrupt_; }
  // Said of opening: what lies there is no database that this daemon can use, and trying again will not change that.
  // Otherwise it is something that passes: no room, no descriptor, no memory, an error of the disk, a lock of somebody.
  bool unusable() const { return unusable_; }
  // The connection is as good as before.
  bool harmless() const { return harmless_; }

 private:
  bool corrupt_;
  bool harmless_;
  bool unusable_;
};

class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  // One that somebody else has compiled and keeps: when this goes it is ready for the next.
  Statement(sqlite3* database, sqlite3_stmt& kept);

  // The next parameter.
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind_optional(const std::optional<std::string>& text);

  // True while there is a row.
  bool step();
  // For those without rows: carried out, and ready to be bound anew.
  void run();

  std::string text(int column) const;
  std::optional<std::string> optional_text(int column) const;
  std::int64_t number(int column) const;

 private:
  struct LetGo {
    bool kept;
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int code) const;

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, LetGo> statement_;
  int bound_ = 0;
};

class Database {
 public:
  // Made with mode 0600 if there is none.
  explicit Database(const std::string& path);

  // Throws for one that could be opened for reading only.
  void require_writable() const;
  Statement prepare(std::string_view sql) { return Statement(database_.get(), sql); }
  // The same for what runs for each job: compiled once. One of each text at a time.
  Statement prepared(const std::string& sql);
  // Any number of statements without parameters; what they answer is dropped.
  void run(const std::string& sql);
  // The first column of the first row; 0 if there is none.
  std::int64_t number(std::string_view sql);
  // Rows that the last statement changed.
  std::int64_t changes() const { return sqlite3_changes64(database_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> prepared_;
};

// Undone unless it is committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace coppice::daemon
