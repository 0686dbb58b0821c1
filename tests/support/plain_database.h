#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

struct sqlite3;

namespace evd::test {

// A database as a stranger reads it: SQLite's own file access, plain SQL with the functions that
// indexes on payload fields need, every value as text.
//
// Opened for writing, so that a log that was left behind is taken in as a store would; with the
// file access that SQLite comes with, whatever a test has made the default. What fails is kept in
// error() and gives no rows. One thread.
class PlainDatabase {
  public:
    using Row = std::vector<std::string>;

    explicit PlainDatabase(const std::string& path);
    ~PlainDatabase();
    PlainDatabase(const PlainDatabase&) = delete;
    PlainDatabase& operator=(const PlainDatabase&) = delete;

    // NULL is the empty text; bytes are asked for with hex().
    std::vector<Row> ask(const std::string& sql);
    // The same row by row, for answers that are too long to be had at once.
    void askEach(const std::string& sql, const std::function<void(const Row&)>& take);
    bool hasTable(const std::string& name);
    // What went wrong last, empty when nothing did.
    const std::string& error() const { return error_; }

  private:
    sqlite3* db_ = nullptr;
    std::string error_;
};

// The files of a folder whose names begin so and end with .db.
std::vector<std::string> databasesIn(const std::string& folder, const std::string& stem);

// What hex() gives, as bytes again, and what a column of integers gives as a number; empty and 0
// when it is something else.
std::vector<uint8_t> bytesOfHex(const std::string& hex);
uint64_t numberOf(const std::string& digits);

}  // namespace evd::test
