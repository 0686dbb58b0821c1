#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

struct sqlite3_stmt;

namespace evd::db {

// Statements that are kept between their uses, by their text: making one costs more than running
// it where a question is small.
//
// A statement is in one hand at a time: take() gives it away, keep() has it back, reset and without
// its parameters, which point into what is gone by then. The one that has been idle longest goes
// when there are more than `count_max`. SQLite makes a statement anew when the schema has changed
// since; one that insists on an index by name may not be made anew, and must not be kept. Internal
// to common/db; belongs to its connection and its thread.
class StatementCache {
  public:
    explicit StatementCache(size_t count_max) : count_max_(count_max) {}
    ~StatementCache();
    StatementCache(const StatementCache&) = delete;
    StatementCache& operator=(const StatementCache&) = delete;

    // Null: there is none.
    sqlite3_stmt* take(std::string_view sql);
    void keep(sqlite3_stmt* statement);
    size_t count() const { return idle_.size(); }

  private:
    const size_t count_max_;
    std::vector<sqlite3_stmt*> idle_;  // the most recently used last
};

}  // namespace evd::db
