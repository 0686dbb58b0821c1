#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace evd::db {

// What one statement of a traced connection has read, over all its runs.
struct TracedStatement {
    std::string sql;
    uint64_t rows_matched = 0;  // that it gave back
    // Rows it looked at, as far as they can be counted: stepped over by a whole scan, judged by the
    // row filter, or given back, whichever is most. What an index search skips by a further
    // condition in SQL is not counted by SQLite.
    uint64_t rows_looked_at = 0;
};

// What a connection has read while it was traced. Plain data.
struct ReadTrace {
    std::vector<TracedStatement> statements;  // in the order in which they were first run
    uint64_t bytes_read = 0;                  // of pages that were not in SQLite's cache
};

// Listens to what SQLite does on one connection, for those who want a question explained.
//
// Costs a callback per row and is therefore off unless asked for; an untraced connection pays
// nothing. Internal to common/db (Connection::beginTrace); belongs to the connection and its
// thread, and is at most kTracedStatementsMax statements large: further ones are not recorded.
class ReadTracer {
  public:
    explicit ReadTracer(sqlite3* handle);
    ~ReadTracer();
    ReadTracer(const ReadTracer&) = delete;
    ReadTracer& operator=(const ReadTracer&) = delete;

    void noteJudged() { ++rows_judged_; }
    // What has been read since the construction. Statements that are still alive are not in it.
    ReadTrace finish(uint32_t page_bytes);

  private:
    struct Running {
        sqlite3_stmt* statement;
        uint64_t rows_given;
    };

    static int hear(unsigned event, void* self, void* subject, void*);
    uint64_t& rowsGivenBy(sqlite3_stmt* statement);
    void noteFinished(sqlite3_stmt* finished);

    sqlite3* handle_;
    ReadTrace trace_;
    std::vector<Running> running_;  // one or two
    uint64_t rows_judged_ = 0;
};

inline constexpr size_t kTracedStatementsMax = 256;

}  // namespace evd::db
