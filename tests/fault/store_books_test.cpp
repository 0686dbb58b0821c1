// The checker of the campaigns finds what it is there to find: each property of the books is broken
// once.

#include "tests/support/store_books.h"
#include "tests/fault/scenarios.h"
#include "tests/support/event_shards.h"
#include "tests/support/log_store.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <filesystem>

namespace evd::test {
namespace {

TestEvent eventOf(int64_t id) {
    TestEvent event;
    event.id = id;
    return event;
}

TestLog lineOf(int64_t id) {
    TestLog line;
    line.id = id;
    return line;
}

// Two shards with an event each, and a log store with a line.
class Folder {
  public:
    explicit Folder(int64_t second_id = 2) {
        std::filesystem::create_directory(directory_ / "events");
        TestShard first(shard(0));
        first.insert(eventOf(1));
        first.execute("INSERT INTO receipts VALUES (x'01', 0, 1, 5)");
        TestShard second(shard(1));
        second.insert(eventOf(second_id));
        TestLogStore logs(directory_ / "logs.db");
        logs.insert(lineOf(1));
    }
    std::string shard(int number) const {
        return directory_ / (number == 0 ? "events/shard-0000.db" : "events/shard-0001.db");
    }
    void execute(const std::string& path, const char* sql) const { executeRaw(path, sql); }
    std::string logs() const { return directory_ / "logs.db"; }

    bool isViolated(const std::string& words) const {
        const auto books = checkStoreBooks(directory_.path());
        return std::any_of(books.violations.begin(), books.violations.end(),
                           [&](const auto& text) { return text.find(words) != std::string::npos; });
    }
    StoreBooks books() const { return checkStoreBooks(directory_.path()); }

  private:
    TemporaryDirectory directory_;
};

TEST_CASE("store books: of sound stores there is nothing to tell") {
    const auto books = Folder().books();
    CHECK(books.violations.empty());
    CHECK(books.databases == 3);
    CHECK(books.rows == 3);
    CHECK(books.checked.size() >= 8);
}

TEST_CASE("store books: an id that two shards have is seen") {
    CHECK(Folder(1).isViolated("id 1 is given twice"));
}

TEST_CASE("store books: catalogue and table must name the same") {
    const Folder folder;
    folder.execute(folder.shard(1), "DELETE FROM event_types");
    CHECK(folder.isViolated("every event_type is in the catalogue"));
    folder.execute(folder.shard(0), "INSERT INTO event_types VALUES ('ghost')");
    CHECK(folder.isViolated("first ghost"));
    folder.execute(folder.logs(), "DELETE FROM log_origins");
    CHECK(folder.isViolated("every origin is in the catalogue"));
}

TEST_CASE("store books: receipts of a shard for the same numbers are seen") {
    const Folder folder;
    folder.execute(folder.shard(0), "INSERT INTO receipts VALUES (x'01', 0, 6, 9)");
    // Another shard may have joined its own over these.
    folder.execute(folder.shard(1), "INSERT INTO receipts VALUES (x'01', 0, 2, 7)");
    CHECK(folder.books().violations.empty());
    folder.execute(folder.shard(0), "INSERT INTO receipts VALUES (x'01', 0, 5, 5)");
    CHECK(folder.isViolated("receipts of a shard do not overlap"));
}

TEST_CASE("store books: a number that two shards have is seen, and one without a receipt") {
    const Folder folder;
    const char* five = "UPDATE events SET boot_id = x'01', cpu_id = 0, sequence = 5";
    folder.execute(folder.shard(0), five);
    CHECK(folder.books().violations.empty());
    folder.execute(folder.shard(1), five);
    CHECK(folder.isViolated("cpu 0: 5 is stored twice"));
    CHECK(folder.isViolated("an event lies within a receipt of its shard"));
    folder.execute(folder.shard(0), "UPDATE events SET sequence = 6");
    CHECK(folder.isViolated("first 0|6"));
}

TEST_CASE("store books: an index on a field of payloads is judged like any other") {
    const Folder folder;
    folder.execute(folder.shard(0),
                   "CREATE INDEX idx_events_n ON events(msgpack_extract(payload, 'n'))");
    CHECK(folder.books().violations.empty());
}

TEST_CASE("store books: an index that does not agree with its table is seen") {
    const Folder folder;
    damageIndex(folder.shard(0));
    CHECK_FALSE(folder.books().violations.empty());
}

}  // namespace
}  // namespace evd::test
