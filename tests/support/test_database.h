#pragma once

#include "common/db/sqlite.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace evd::test {

// A database of its own that a test fills with rows: what TestShard, TestLogStore and
// TestMetricStore have in common.
//
// The real schema, made as the store makes it: under another name first, so that readers never see
// a database without tables. Lives on one thread; whatever fails is a broken invariant, the test
// has no ground to stand on.
class TestDatabase {
  public:
    using CreateSchema = base::Result<void> (*)(db::Connection&, int64_t created_wall_ns);

    TestDatabase(const std::string& path, CreateSchema create_schema, uint32_t page_bytes);

    void execute(std::string_view sql);
    // Must not outlive this.
    std::unique_ptr<db::Statement> prepare(std::string_view sql);
    // Runs a statement that inserts a row.
    static void insert(db::Statement& statement);

  private:
    std::unique_ptr<db::Connection> connection_;
};

}  // namespace evd::test
