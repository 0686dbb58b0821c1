#pragma once

#include "common/base/guid.h"
#include "common/db/sqlite.h"
#include "tests/support/event_shards.h"
#include "tests/support/test_database.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evd::test {

// One row of a logs table, as a test wants it.
struct TestLog {
    int64_t id = 0;
    int64_t timestamp = 0;
    std::string origin = "test";
    bool is_error = false;
    std::string message;
    base::Guid boot = guidOf(1);
    std::optional<base::Guid> job;
};

// A log database that a test fills: the real schema, written as the store writes it. Lives on one
// thread; whatever fails is a broken invariant, the test has no ground to stand on.
class TestLogStore {
  public:
    enum class Origins { Listed, Unlisted };  // whether log_origins is kept

    TestLogStore(const std::string& path, Origins origins = Origins::Listed,
                 uint32_t page_bytes = 4096);

    // In one transaction.
    void insert(std::span<const TestLog> logs);
    void insert(const TestLog& log) { insert(std::span(&log, 1)); }
    void execute(std::string_view sql) { database_.execute(sql); }

  private:
    void insertOne(const TestLog& log);

    TestDatabase database_;
    std::unique_ptr<db::Statement> insert_;
    std::unique_ptr<db::Statement> insert_origin_;
};

}  // namespace evd::test
