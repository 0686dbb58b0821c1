#include "store/synthetic.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

// The payload as text, maps and arrays in their order, for comparison.
std::string show(wire::MsgpackReader& reader) {
    const auto token = reader.next();
    REQUIRE(token);
    std::string text;
    switch (token.value().kind) {
        case wire::MsgpackKind::Nil:
            return "nil";
        case wire::MsgpackKind::Boolean:
            return base::cat(token.value().boolean);
        case wire::MsgpackKind::Int:
            return base::cat(token.value().int_value);
        case wire::MsgpackKind::Uint:
            return base::cat(token.value().uint_value);
        case wire::MsgpackKind::Text:
            return base::cat("'", token.value().bytes, "'");
        case wire::MsgpackKind::Array:
            for (uint32_t index = 0; index < token.value().count; ++index) {
                text += base::cat(index == 0 ? "" : ",", show(reader));
            }
            return base::cat("[", text, "]");
        case wire::MsgpackKind::Map:
            for (uint32_t index = 0; index < token.value().count; ++index) {
                const std::string key = show(reader);
                text += base::cat(index == 0 ? "" : ",", key, ":", show(reader));
            }
            return base::cat("{", text, "}");
        case wire::MsgpackKind::Float:
        case wire::MsgpackKind::Bytes:
        case wire::MsgpackKind::Extension:
            break;
    }
    return "?";
}

std::string payloadOf(const SyntheticEvent& event) {
    REQUIRE(wire::validateMsgpack(event.payload, 32));
    wire::MsgpackReader reader(event.payload);
    return show(reader);
}

TEST_CASE("synthetic: a gap record says what is missing (Ruling S3)") {
    const auto event = gapEvent(99, 3, {5, 8, 40, 50});
    CHECK(event.type == "synthetic.gap");
    CHECK(event.timestamp_ns == 99);
    CHECK(event.cpu == 3);
    CHECK(payloadOf(event) ==
          "{'cpu_id':3,'first_missing':5,'last_missing':8,'count':4,'last_timestamp':40,"
          "'reveal_timestamp':50}");
}

TEST_CASE("synthetic: a gap with nothing before it has no last timestamp") {
    CHECK(payloadOf(gapEvent(99, 0, {1, 1, 0, 50})) ==
          "{'cpu_id':0,'first_missing':1,'last_missing':1,'count':1,'reveal_timestamp':50}");
}

TEST_CASE("synthetic: startup names the boot in braces and every resume point (Ruling S11)") {
    base::Guid boot;
    boot.bytes.fill(0xab);
    const auto event = startupEvent(7, {boot, true, 2, {{0, 10}, {1, 20}}});
    CHECK(event.type == "synthetic.startup");
    CHECK_FALSE(event.cpu);
    CHECK(payloadOf(event) ==
          "{'boot_id':'{abababab-abab-abab-abab-abababababab}','restart':true,'shard_count':2,"
          "'resume':[{'cpu_id':0,'sequence':10},{'cpu_id':1,'sequence':20}]}");
}

TEST_CASE("synthetic: shutdown, storage_error and config_change") {
    CHECK(payloadOf(shutdownEvent(7, {{0, 10}})) == "{'last':[{'cpu_id':0,'sequence':10}]}");
    CHECK(payloadOf(storageErrorEvent(7, "event", 4, "disk full")) ==
          "{'store':'event','shard':4,'error':'disk full'}");
    CHECK(payloadOf(storageErrorEvent(7, "log", std::nullopt, "disk full")) ==
          "{'store':'log','error':'disk full'}");
    CHECK(payloadOf(configChangeEvent(7, "MaxBatchSize", {}, {0x64})) ==
          "{'key':'MaxBatchSize','old':nil,'new':100}");
}

}  // namespace
}  // namespace evd::store
