#include "store/meta_store.h"

#include "common/base/text.h"
#include "common/db/store_files.h"

#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

namespace evd::store {
namespace {

class Fixture {
  public:
    std::unique_ptr<MetaStore> open() {
        auto opened = MetaStore::open(directory.path(), clock);
        REQUIRE(opened);
        trouble = opened.value().trouble;
        return std::move(opened.value().store);
    }
    // One value, as text; the database must be there and no store open.
    std::string ask(const std::string& sql) {
        auto connection = db::Connection::openForWriting(path());
        REQUIRE(connection);
        auto query = connection.value()->prepare(sql);
        REQUIRE(query);
        REQUIRE(query.value()->step().value());
        return std::string(query.value()->columnText(0));
    }
    void change(const std::string& sql) {
        auto connection = db::Connection::openForWriting(path());
        REQUIRE(connection);
        REQUIRE(connection.value()->execute(sql));
    }
    std::string path() const { return directory / "eventd-meta.db"; }

    test::TemporaryDirectory directory;
    test::FakeClock clock;
    std::string trouble;
};

MetaStore::State someState() {
    return {{{{"event_type", 7, 1000}, {"source.name", 9, 2000}},
             3000,
             {{"source.name", true}, {"event_type", false}},
             {{"source.name", 2500}}},
            {{{"max_60", 4, 500}},
             3000,
             {{wire::RollupFunction::Rate, 3600}, {wire::RollupFunction::Max, 60}}}};
}

TEST_CASE("meta store: a new one has the specified tables and entries (Spec §3.3)") {
    Fixture fixture;
    (void)fixture.open();
    CHECK(fixture.trouble.empty());
    const auto columns = [&](const std::string& table) {
        return fixture.ask(
            "SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || pk, "
            "',') FROM pragma_table_info('" +
            table + "')");
    };
    CHECK(columns("index_counters") ==
          "field_path TEXT 01,query_count INTEGER 10,window_start INTEGER 10");
    CHECK(columns("desired_indexes") ==
          "field_path TEXT 01,priority INTEGER 10,is_expression INTEGER 10");
    CHECK(columns("rollup_counters") ==
          "function_window TEXT 01,query_count INTEGER 10,window_start INTEGER 10");
    CHECK(columns("desired_rollups") == "function_window TEXT 01,priority INTEGER 10");
    CHECK(columns("meta") == "key TEXT 01,value TEXT 10");
    CHECK(fixture.ask("SELECT value FROM meta WHERE key = 'schema_version'") == "1");
    CHECK(fixture.ask("SELECT value FROM meta WHERE key = 'created_at'") ==
          "2026-01-01T00:00:00.000000000Z");
    CHECK(fixture.ask("PRAGMA journal_mode") == "wal");
}

// Ruling S11: a BLOB. The bytes are written out here a second time, field by field.
TEST_CASE("meta store: admin_sd grants SYSTEM and Administrators EVENTD_READ, nobody else") {
    const std::string sid_system = "010100000000000512000000";
    const std::string sid_administrators = "01020000000000052000000020020000";
    const std::string header =
        "01000480"
        "14000000"
        "20000000"
        "00000000"
        "2c000000";
    const std::string dacl =
        "02003400"
        "02000000";
    const std::string expected = header + sid_system + sid_system + dacl +
                                 "00001400"
                                 "01000000" +
                                 sid_system +
                                 "00001800"
                                 "01000000" +
                                 sid_administrators;
    CHECK(base::encodeHex(defaultAdminDescriptor()) == expected);
    Fixture fixture;
    (void)fixture.open();
    CHECK(fixture.ask("SELECT typeof(value) || lower(hex(value)) FROM meta "
                      "WHERE key = 'admin_sd'") == "blob" + expected);
}

TEST_CASE("meta store: what is saved is loaded again, by the next one too") {
    Fixture fixture;
    {
        auto store = fixture.open();
        REQUIRE(store->save({{{{"gone", 1, 1}}, 1, {{"gone", true}}, {{"gone", 1}}},
                             {{{"avg_1", 1, 1}}, 1, {{wire::RollupFunction::Avg, 1}}}}));
        REQUIRE(store->save(someState()));
    }
    auto store = fixture.open();
    const auto loaded = store->load();
    REQUIRE(loaded);
    const IndexPolicy::State& state = loaded.value().indexes;
    REQUIRE(state.counters.size() == 2);
    CHECK(state.counters[1].key == "source.name");
    CHECK(state.counters[1].count == 9);
    CHECK(state.counters[1].window_start_ns == 2000);
    CHECK(state.desired == someState().indexes.desired);
    CHECK(state.manual == someState().indexes.manual);
    CHECK(state.counted_until_ns == 3000);
    const RollupPolicy::State& rollups = loaded.value().rollups;
    REQUIRE(rollups.counters.size() == 1);
    CHECK(rollups.counters[0].key == "max_60");
    CHECK(rollups.counters[0].count == 4);
    CHECK(rollups.counted_until_ns == 3000);
    CHECK(rollups.desired == someState().rollups.desired);
    store.reset();
    CHECK(fixture.ask("SELECT priority || is_expression FROM desired_indexes "
                      "WHERE field_path = 'source.name'") == "11");
    CHECK(fixture.ask("SELECT length(value) FROM meta WHERE key = 'admin_sd'") == "96");
}

TEST_CASE("meta store: rollups are named as the specification has it, what is none is left out") {
    Fixture fixture;
    REQUIRE(fixture.open()->save(someState()));
    CHECK(fixture.ask("SELECT group_concat(function_window || ' ' || priority, ',') FROM "
                      "(SELECT * FROM desired_rollups ORDER BY priority)") ==
          "rate_3600 1,max_60 2");
    CHECK(fixture.ask("SELECT function_window || query_count FROM rollup_counters") == "max_604");
    fixture.change("INSERT INTO desired_rollups VALUES ('median_5', 3), ('avg_x', 4), ('avg', 5)");
    CHECK(fixture.open()->load().value().rollups.desired == someState().rollups.desired);
}

TEST_CASE("meta store: an unknown version is kept aside and made anew") {
    Fixture fixture;
    REQUIRE(fixture.open()->save(someState()));
    fixture.change("UPDATE meta SET value = '2' WHERE key = 'schema_version'");
    auto store = fixture.open();
    CHECK(fixture.trouble.find("schema version \"2\"") != std::string::npos);
    CHECK(store->load().value().indexes.counters.empty());
    CHECK(std::filesystem::exists(fixture.path() + ".old"));
}

TEST_CASE("meta store: what is kept aside does not get the log of what was kept before") {
    Fixture fixture;
    (void)fixture.open();
    fixture.change("UPDATE meta SET value = '2' WHERE key = 'schema_version'");
    const std::string earlier = "of an earlier one";
    for (const char* suffix : {".old", ".old-wal", ".old-shm"}) {
        std::ofstream(fixture.path() + suffix) << earlier;
    }
    (void)fixture.open();
    for (const char* suffix : {".old", ".old-wal", ".old-shm"}) {
        std::string text;
        std::getline(std::ifstream(fixture.path() + suffix), text, '\0');
        CHECK(text != earlier);
    }
}

TEST_CASE("meta store: a damaged one is made anew, every time") {
    Fixture fixture;
    for (int times = 0; times < 2; ++times) {
        (void)fixture.open();
        for (const char* suffix : {"-wal", "-shm"}) {
            std::filesystem::remove(fixture.path() + suffix);
        }
        std::ofstream(fixture.path(), std::ios::binary | std::ios::trunc) << std::string(9000, 'x');
        auto store = fixture.open();
        CHECK_FALSE(fixture.trouble.empty());
        CHECK(store->save(someState()));
    }
}

TEST_CASE("meta store: one that lacks a table is made anew") {
    Fixture fixture;
    (void)fixture.open();
    fixture.change("DROP TABLE desired_rollups");
    auto store = fixture.open();
    CHECK_FALSE(fixture.trouble.empty());
    CHECK(store->load());
}

TEST_CASE("meta store: a folder that is not there is an error, nothing is made") {
    test::FakeClock clock;
    CHECK_FALSE(MetaStore::open("/nonexistent/evd", clock));
}

TEST_CASE("meta store: shard discovery does not see it, nor what was put aside") {
    Fixture fixture;
    (void)fixture.open();
    fixture.change("DROP TABLE desired_rollups");
    (void)fixture.open();
    const auto files = db::discoverEventStores(fixture.directory.path());
    REQUIRE(files);
    CHECK(files.value().empty());
}

}  // namespace
}  // namespace evd::store
