// docs/inspecting-stores.md is kept true by running it: each example, in the page's order, with the
// sqlite3 shell of the system, on a small store in which nothing depends on the day.

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "tests/support/doc_page.h"
#include "tests/support/event_shards.h"
#include "tests/support/group.h"
#include "tests/support/msgpack_from_hex.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <filesystem>

namespace test = evd::test;
namespace fs = std::filesystem;
using evd::base::cat;

namespace {

constexpr int64_t kFirstNs = 1'772'366'400'000'000'007;  // 2026-03-01T12:00:00.000000007Z
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr const char* kShell = "exec sqlite3 -readonly -box .state/events/shard-0000.db";

// The shell of the system cannot load an extension that was built with a sanitizer.
#ifdef EVD_SANITIZED
constexpr bool kIsLoadable = false;
#else
constexpr bool kIsLoadable = true;
#endif

test::TestEvent eventAt(int64_t id, const std::string& type, std::vector<uint8_t> payload) {
    test::TestEvent event;
    event.id = id;
    event.timestamp = kFirstNs + (id - 1) * kSecondNs;
    event.type = type;
    event.boot = test::guidOf(0xb007);
    event.payload = std::move(payload);
    return event;
}

test::TestEvent emitted(int64_t id, int64_t cpu, int64_t sequence, const std::string& type,
                        std::vector<uint8_t> payload) {
    test::TestEvent event = eventAt(id, type, std::move(payload));
    event.cpu = cpu;
    event.sequence = sequence;
    event.origin_class = 0;
    event.effective_token = event.true_token = test::guidOf(1000);
    event.process = test::guidOf(4711);
    return event;
}

std::vector<uint8_t> processPayload(int64_t pid, const std::string& name, int64_t exit_code) {
    return test::msgpackOf([&](evd::wire::MsgpackWriter& writer) {
        writer.mapHeader(exit_code < 0 ? 2 : 3);
        writer.text("pid");
        writer.integer(pid);
        writer.text("name");
        writer.text(name);
        if (exit_code >= 0) {
            writer.text("exit_code");
            writer.integer(exit_code);
        }
    });
}

std::vector<uint8_t> gapPayload(int64_t cpu, int64_t first, int64_t last) {
    return test::msgpackOf([&](evd::wire::MsgpackWriter& writer) {
        writer.mapHeader(4);
        writer.text("cpu_id");
        writer.integer(cpu);
        writer.text("first_missing");
        writer.integer(first);
        writer.text("last_missing");
        writer.integer(last);
        writer.text("count");
        writer.integer(last - first + 1);
    });
}

// Two shards as two cpus leave them: numbers 4 to 6 of cpu 0 were lost.
class SmallStore {
  public:
    SmallStore() {
        fs::create_directories(folder_.below(".state/events"));
        fs::create_directory_symlink(fs::path(EVD_BIN_FOLDER).parent_path(),
                                     folder_.below("build"));
        shards_[0] = std::make_unique<test::TestShard>(shardPath(0));
        shards_[1] = std::make_unique<test::TestShard>(shardPath(1));
        shards_[0]->insert(eventAt(1, "synthetic.startup", test::bytesFromHex("80")));
        shards_[0]->insert(emitted(2, 0, 1, "process.exec", processPayload(501, "cron", -1)));
        shards_[0]->insert(emitted(3, 0, 2, "process.exec", processPayload(502, "rsync", -1)));
        shards_[1]->insert(emitted(4, 1, 1, "process.exec", processPayload(503, "ls", -1)));
        shards_[0]->insert(emitted(5, 0, 3, "process.exit", processPayload(502, "rsync", 23)));
        test::TestEvent gap = eventAt(6, "synthetic.gap", gapPayload(0, 4, 6));
        gap.cpu = 0;
        shards_[0]->insert(gap);
        shards_[0]->insert(emitted(7, 0, 7, "process.exit", processPayload(501, "cron", 0)));
        shards_[0]->execute(receipt(0, 7));
        shards_[1]->execute(receipt(1, 1));
    }

    const test::StateFolder& folder() const { return folder_; }
    test::TestShard& shard(size_t index) { return *shards_[index]; }
    std::string shardPath(int shard) const {
        return folder_.below(cat(".state/events/shard-000", shard, ".db"));
    }
    test::CommandResult shell(const std::string& command, const std::string& input = "") const {
        return test::runCommand({"/bin/sh", "-ec", cat("cd '", folder_.path(), "'; ", command)},
                                input);
    }
    test::CommandResult run(const test::DocExample& example) const {
        return example.language == "sql" ? shell(kShell, example.text) : shell(example.text);
    }

  private:
    static std::string receipt(int cpu, int last) {
        return cat("INSERT INTO receipts VALUES (x'07b00000", std::string(24, '0'), "', ", cpu,
                   ", 1, ", last, ")");
    }

    test::StateFolder folder_;
    std::unique_ptr<test::TestShard> shards_[2];
};

}  // namespace

TEST_CASE("inspecting stores: every example of the page runs and shows what the page shows" *
          doctest::skip(!kIsLoadable)) {
    const SmallStore store;
    const auto examples =
        test::docExamples(test::readTextFile(cat(EVD_SOURCE_FOLDER, "/docs/inspecting-stores.md")));
    REQUIRE(examples.size() >= 10);
    for (const test::DocExample& example : examples) {
        CAPTURE(example.text);
        REQUIRE((example.language == "sql" || example.language == "sh"));
        const auto done = store.run(example);
        CHECK(done.status == 0);
        CHECK(done.errors == "");
        if (example.shown) {
            CHECK(done.output == *example.shown);
        }
    }
}

TEST_CASE("inspecting stores: the plain shell reads a shard that has a payload index" *
          doctest::skip(!kIsLoadable)) {
    SmallStore store;
    store.shard(0).execute(
        "CREATE INDEX idx_events_payload_pid ON events(msgpack_extract(payload, '$.pid'))");
    const auto counted = store.shell(
        "exec sqlite3 -readonly .state/events/shard-0000.db "
        "\"SELECT count(timestamp), count(DISTINCT boot_id) FROM events_readable\"");
    CHECK(counted.errors == "");
    CHECK(counted.output == "6|1\n");
    const auto indexed = store.shell(
        "exec sqlite3 -readonly .state/events/shard-0000.db",
        ".load build/lib/eventd_sqlite\n"
        "SELECT id FROM events WHERE msgpack_extract(payload, '$.pid') = 502 ORDER BY id;\n"
        "EXPLAIN QUERY PLAN SELECT id FROM events WHERE msgpack_extract(payload, '$.pid') = 502;\n"
        "PRAGMA integrity_check;\n");
    CHECK(indexed.errors == "");
    CHECK(indexed.output.starts_with("3\n5\n"));
    CHECK(indexed.output.find("idx_events_payload_pid") != std::string::npos);
    CHECK(indexed.output.ends_with("ok\n"));
}

// contracts §6: no extension, times with nanoseconds, GUIDs in braces, one view per table.
TEST_CASE("inspecting stores: the readable views as the plain shell shows them") {
    const SmallStore store;
    const auto shown =
        store.shell("exec sqlite3 -readonly .state/events/shard-0000.db",
                    "SELECT id, boot_id, timestamp, cpu_id, sequence, origin_class, "
                    "event_type, effective_token_guid, true_token_guid, process_guid, "
                    "hex(payload) FROM events_readable WHERE id IN (1, 2);\n"
                    "SELECT * FROM receipts_readable;\n"
                    "SELECT * FROM event_types_readable ORDER BY 1 LIMIT 1;\n"
                    "SELECT * FROM metadata_readable ORDER BY 1;\n");
    CHECK(shown.errors == "");
    CHECK(shown.output ==
          "1|{0000b007-0000-0000-0000-000000000000}|2026-03-01T12:00:00.000000007Z||||"
          "synthetic.startup||||80\n"
          "2|{0000b007-0000-0000-0000-000000000000}|2026-03-01T12:00:01.000000007Z|0|1|0|"
          "process.exec|{000003e8-0000-0000-0000-000000000000}|"
          "{000003e8-0000-0000-0000-000000000000}|{00001267-0000-0000-0000-000000000000}|"
          "82A3706964CD01F5A46E616D65A463726F6E\n"
          "{0000b007-0000-0000-0000-000000000000}|0|1|7\n"
          "process.exec\n"
          "created_at|1970-01-01T00:00:00.000000001Z\n"
          "schema_version|1\n");
}
