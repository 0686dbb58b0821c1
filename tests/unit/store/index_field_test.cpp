#include "store/index_field.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::store {
namespace {

IndexField field(std::string_view path) {
    auto checked = indexField(path);
    REQUIRE(checked);
    return checked.value();
}

// What sqlite_master keeps of our statement.
std::string stored(const IndexField& wanted) {
    return "CREATE INDEX " +
           createIndexSql(wanted).substr(std::string("CREATE INDEX IF NOT EXISTS ").size());
}

MaterialIndex material(std::string_view path) {
    return {indexName(field(path)), field(path)};
}

TEST_CASE("index field: seven header columns, everything else is a payload path (Spec §3.3)") {
    for (const char* column : {"event_type", "origin_class", "cpu_id", "effective_token_guid",
                               "true_token_guid", "process_guid", "boot_id"}) {
        CHECK_FALSE(field(column).is_expression);
    }
    CHECK(field("granted_access").is_expression);
    CHECK(field("source.name").is_expression);
    CHECK(field("Event_Type").is_expression);
}

TEST_CASE("index field: timestamp, payload, sequence and nonsense are refused") {
    for (const char* path : {"timestamp", "payload", "sequence", "", ".", "a.", ".a", "a..b", "1a",
                             "a b", "a'b", "a\"b", "a;b", "$.a", "a\n", "\xc3\xa4"}) {
        CHECK_MESSAGE(indexField(path).error().kind == base::ErrorKind::Invalid, path);
    }
}

TEST_CASE("index field: length and depth are bounded") {
    CHECK(indexField(std::string(kIndexPathBytesMax, 'a')).ok());
    CHECK_FALSE(indexField(std::string(kIndexPathBytesMax + 1, 'a')).ok());
    std::string deep = "a";
    for (size_t depth = 1; depth < kIndexPathDepthMax; ++depth) {
        deep += ".a";
    }
    CHECK(indexField(deep).ok());
    CHECK_FALSE(indexField(deep + ".a").ok());
}

TEST_CASE("index field: names follow the convention") {
    CHECK(indexName(field("event_type")) == "idx_events_event_type");
    CHECK(indexName(field("granted_access")) == "idx_events_payload_granted_access");
    CHECK(indexName(field("source.name")) == "idx_events_payload_source_name");
    CHECK(createIndexSql(field("source.name")) ==
          "CREATE INDEX IF NOT EXISTS \"idx_events_payload_source_name\" ON "
          "events(msgpack_extract(payload, '$.source.name'))");
    CHECK(createIndexSql(field("cpu_id")) ==
          "CREATE INDEX IF NOT EXISTS \"idx_events_cpu_id\" ON events(cpu_id)");
}

TEST_CASE("index field: paths that give one name are told by their key, whatever their case") {
    CHECK(indexNameKey(field("source.name")) == indexNameKey(field("source_name")));
    CHECK(indexNameKey(field("Name")) == indexNameKey(field("name")));
    CHECK(indexNameKey(field("a.b")) != indexNameKey(field("a.c")));
}

TEST_CASE("index field: what is created is recognised again") {
    for (const char* path : {"event_type", "boot_id", "granted_access", "source.name", "a-b"}) {
        const auto found = readMaterialIndex(indexName(field(path)), stored(field(path)));
        REQUIRE(found);
        CHECK(found->field == field(path));
    }
    const auto example = readMaterialIndex(
        "idx_events_payload_x",
        "CREATE INDEX idx_events_payload_x ON events(msgpack_extract(payload,'$.x'))");
    REQUIRE(example);
    CHECK(example->field == field("x"));
}

TEST_CASE("index field: indexes of others, and that on timestamp, are none of ours") {
    CHECK_FALSE(readMaterialIndex("my_index", "CREATE INDEX my_index ON events(cpu_id)"));
    CHECK_FALSE(readMaterialIndex("idx_events_timestamp",
                                  "CREATE INDEX idx_events_timestamp ON events(timestamp)"));
    const auto foreign = readMaterialIndex(
        "idx_events_cpu_id", "CREATE INDEX idx_events_cpu_id ON events(cpu_id, timestamp)");
    REQUIRE(foreign);
    CHECK_FALSE(foreign->field);
}

TEST_CASE("index step: what is not wanted goes first, then the highest priority comes") {
    const DesiredIndexes desired = {field("cpu_id"), field("a.b"), field("event_type")};
    auto step = nextIndexStep({material("event_type"), material("boot_id")}, desired);
    REQUIRE(step);
    CHECK(step->kind == IndexStep::Kind::Drop);
    CHECK(step->name == "idx_events_boot_id");
    step = nextIndexStep({material("event_type")}, desired);
    REQUIRE(step);
    CHECK(step->kind == IndexStep::Kind::Create);
    CHECK(step->field == field("cpu_id"));
    CHECK_FALSE(
        nextIndexStep({material("event_type"), material("a.b"), material("cpu_id")}, desired));
    CHECK_FALSE(nextIndexStep({}, {}));
}

TEST_CASE(
    "index step: an index of our name that is another is replaced only when it is in the way") {
    const MaterialIndex foreign{"IDX_events_CPU_id", std::nullopt};
    CHECK_FALSE(nextIndexStep({foreign}, {}));
    const auto step = nextIndexStep({foreign}, {field("cpu_id")});
    REQUIRE(step);
    CHECK(step->kind == IndexStep::Kind::Drop);
    const MaterialIndex other_path{"idx_events_payload_a_b", field("a.b")};
    const auto replace = nextIndexStep({other_path}, {field("a_b")});
    REQUIRE(replace);
    CHECK(replace->kind == IndexStep::Kind::Drop);
}

}  // namespace
}  // namespace evd::store
