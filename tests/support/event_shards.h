#pragma once

#include "common/base/guid.h"
#include "common/db/sqlite.h"
#include "tests/support/test_database.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evd::test {

// One row of an events table, as a test wants it.
struct TestEvent {
    int64_t id = 0;
    int64_t timestamp = 0;
    std::string type = "test.event";
    std::optional<int64_t> cpu;
    std::optional<int64_t> sequence;
    std::optional<int64_t> origin_class;
    base::Guid boot;
    std::optional<base::Guid> effective_token;
    std::optional<base::Guid> true_token;
    std::optional<base::Guid> process;
    std::optional<std::vector<uint8_t>> payload;
};

// The GUID whose first part is this number: 7 is {00000007-0000-0000-0000-000000000000}.
base::Guid guidOf(uint32_t number);

// A shard database that a test fills: the real schema, written as the store writes it. Lives on one
// thread; whatever fails is a broken invariant, the test has no ground to stand on.
class TestShard {
  public:
    enum class Types { Listed, Unlisted };  // whether event_types is kept

    TestShard(const std::string& path, Types types = Types::Listed, uint32_t page_bytes = 4096);

    // In one transaction.
    void insert(std::span<const TestEvent> events);
    void insert(const TestEvent& event) { insert(std::span(&event, 1)); }
    void execute(std::string_view sql) { database_.execute(sql); }

  private:
    void insertOne(const TestEvent& event);

    TestDatabase database_;
    std::unique_ptr<db::Statement> insert_;
    std::unique_ptr<db::Statement> insert_type_;
    Types types_;
};

}  // namespace evd::test
