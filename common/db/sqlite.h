#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace evd::db {

enum class ColumnKind { Null, Integer, Float, Text, Blob };

// A prepared statement. Belongs to its Connection and to its thread; must not outlive it. Bound
// text and blobs are not copied: they must live until the next reset(). Column views live until the
// next step() or reset(). Indexes: parameters from 1, columns from 0, as in SQLite.
class Statement {
  public:
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void bindNull(int index);
    void bindInteger(int index, int64_t value);
    void bindFloat(int index, double value);
    void bindText(int index, std::string_view value);
    void bindBlob(int index, std::span<const uint8_t> value);

    // True: a row is there. False: done. Errors: Busy (locked), Corrupt, Io (disk full, i/o error),
    // Gone (interrupted by the progress check).
    base::Result<bool> step();
    void reset();

    ColumnKind columnKind(int index) const;
    int64_t columnInteger(int index) const;
    double columnFloat(int index) const;
    std::string_view columnText(int index) const;
    std::span<const uint8_t> columnBlob(int index) const;
    int columnCount() const;

  private:
    sqlite3_stmt* statement_;
};

// One SQLite connection: the only door to sqlite3.h. Used by one thread at a time. Readers can
// never write: they are opened read-only and with PRAGMA query_only. Only store/ may open for
// writing.
class Connection {
  public:
    static base::Result<std::unique_ptr<Connection>> openForReading(const std::string& path);
    static base::Result<std::unique_ptr<Connection>> openForWriting(const std::string& path);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    base::Result<std::unique_ptr<Statement>> prepare(std::string_view sql);
    base::Result<void> execute(std::string_view sql);

    // Called inside long statements every few thousand virtual-machine steps; answering true makes
    // the statement fail with Gone. An empty function removes the check.
    void setProgressCheck(std::function<bool()> should_stop);

    sqlite3* handle() { return handle_; }

  private:
    explicit Connection(sqlite3* handle) : handle_(handle) {}

    sqlite3* handle_;
    std::function<bool()> should_stop_;
};

}  // namespace evd::db
