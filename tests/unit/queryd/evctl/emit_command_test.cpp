#include "queryd/evctl/emit_command.h"

#include "common/base/text.h"

#include <doctest/doctest.h>

using evd::base::ErrorKind;
using evd::evctl::LineEmitter;
using evd::kmes::BatchOutcome;
using evd::kmes::EmitEntry;

namespace {

// Takes everything, up to the event at which it shall fail.
class NotedClient final : public evd::kmes::EmitClient {
  public:
    evd::base::Result<void> emit(const EmitEntry& entry) override {
        const auto outcome = emitBatch({&entry, 1});
        return outcome.error ? *outcome.error : evd::base::Result<void>();
    }
    BatchOutcome emitBatch(std::span<const EmitEntry> entries) override {
        BatchOutcome outcome;
        batches.push_back(entries.size());
        for (const EmitEntry& entry : entries) {
            if (payloads.size() == fails_at) {
                outcome.error = evd::base::fail(ErrorKind::Denied, "you may not emit");
                return outcome;
            }
            CHECK(entry.type == "test.type");
            payloads.push_back(evd::base::encodeHex(entry.payload));
            ++outcome.emitted;
        }
        return outcome;
    }

    std::vector<size_t> batches;
    std::vector<std::string> payloads;
    size_t fails_at = SIZE_MAX;
};

}  // namespace

TEST_CASE("line emitter: each line is an event, however the bytes are cut, empty ones are none") {
    NotedClient client;
    LineEmitter emitter(client, "test.type");
    const std::string text = "{\"a\":1}\n\n  \n[2]\r\n3";
    for (const char letter : text) {
        REQUIRE(emitter.add({&letter, 1}).ok());
    }
    REQUIRE(emitter.finish().ok());
    CHECK(client.payloads == std::vector<std::string>{"81a16101", "9102", "03"});
    CHECK(emitter.emitted() == 3);
}

TEST_CASE("line emitter: lines that come together go out in batches of the largest size") {
    NotedClient client;
    LineEmitter emitter(client, "test.type");
    std::string text;
    for (size_t i = 0; i < evd::kmes::kEmitBatchEntriesMax + 1; ++i) {
        text += "1\n";
    }
    REQUIRE(emitter.add(text).ok());
    CHECK(client.batches == std::vector<size_t>{evd::kmes::kEmitBatchEntriesMax});
    REQUIRE(emitter.flush().ok());
    CHECK(client.batches == std::vector<size_t>{evd::kmes::kEmitBatchEntriesMax, 1});
    REQUIRE(emitter.finish().ok());
    CHECK(client.batches.size() == 2);
}

TEST_CASE("line emitter: a bad line is named, and what stood before it is emitted") {
    NotedClient client;
    LineEmitter emitter(client, "test.type");
    const auto added = emitter.add("1\n\n2\n{oops\n4\n");
    REQUIRE_FALSE(added.ok());
    CHECK(added.error().text.starts_with("line 4: not JSON"));
    CHECK(added.error().text.ends_with("2 events were emitted before it"));
    CHECK(client.payloads.size() == 2);
}

TEST_CASE("line emitter: an event that KMES refuses is named by its line") {
    NotedClient client;
    client.fails_at = 1;
    LineEmitter emitter(client, "test.type");
    REQUIRE(emitter.add("\n1\n\n2\n3\n").ok());
    const auto finished = emitter.finish();
    REQUIRE_FALSE(finished.ok());
    CHECK(finished.error().kind == ErrorKind::Denied);
    CHECK(finished.error().text.starts_with("line 4: you may not emit; 1 "));
}

TEST_CASE("line emitter: a line longer than kEmitLineBytesMax is refused") {
    NotedClient client;
    LineEmitter emitter(client, "test.type");
    CHECK_FALSE(emitter.add(std::string(evd::evctl::kEmitLineBytesMax + 1, ' ')).ok());
}
