#include "common/wire/stored_event.h"

#include "common/wire/msgpack.h"

#include <doctest/doctest.h>
#include <array>
#include <functional>

namespace evd::wire {
namespace {

using Field = std::function<void(MsgpackWriter&)>;

const std::array<uint8_t, 16> kGuidBytes = {7, 1};

void nothing(MsgpackWriter& writer) {
    writer.nil();
}
void number(MsgpackWriter& writer) {
    writer.integer(5);
}
void text(MsgpackWriter& writer) {
    writer.text("a.b");
}
void guid(MsgpackWriter& writer) {
    writer.bytes(kGuidBytes);
}
void shortGuid(MsgpackWriter& writer) {
    writer.bytes(std::span(kGuidBytes).first(15));
}

const std::vector<Field> kWhole = {number, guid, number, number, number, number,
                                   text,   guid, guid,   guid,   guid};

std::vector<uint8_t> bytesOf(const std::vector<Field>& fields) {
    std::vector<uint8_t> bytes;
    MsgpackWriter writer(bytes);
    writer.arrayHeader(static_cast<uint32_t>(fields.size()));
    for (const Field& field : fields) {
        field(writer);
    }
    return bytes;
}

base::Result<StoredEvent> read(std::span<const uint8_t> bytes) {
    MsgpackReader reader(bytes);
    return readStoredEvent(reader);
}

bool isRead(std::vector<Field> fields, size_t at, Field instead) {
    fields[at] = std::move(instead);
    return read(bytesOf(fields)).ok();
}

}  // namespace

TEST_CASE("stored event: it is read field by field, and what is not there is nothing") {
    const auto whole = read(bytesOf(kWhole));
    REQUIRE(whole.ok());
    CHECK(whole.value().id == 5);
    CHECK(whole.value().type == "a.b");
    CHECK(whole.value().process == whole.value().boot);
    CHECK(whole.value().payload->size() == kGuidBytes.size());
    for (const size_t at : {3U, 4U, 5U, 7U, 8U, 9U, 10U}) {
        CHECK(isRead(kWhole, at, nothing));
    }
}

TEST_CASE("stored event: a field of another kind, or one that must be there, makes it none") {
    for (size_t at = 0; at < kWhole.size(); ++at) {
        CAPTURE(at);
        CHECK_FALSE(isRead(kWhole, at, at == 6 ? Field(number) : Field(text)));
    }
    for (const size_t at : {0U, 1U, 2U, 6U}) {
        CHECK_FALSE(isRead(kWhole, at, nothing));
    }
    for (const size_t at : {1U, 7U, 8U, 9U}) {
        CHECK_FALSE(isRead(kWhole, at, shortGuid));
    }
}

TEST_CASE("stored event: bytes that are cut off or have another number of fields are none") {
    const auto bytes = bytesOf(kWhole);
    for (size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(read(std::span(bytes).first(size)).ok());
    }
    CHECK_FALSE(read(bytesOf({kWhole.begin(), kWhole.end() - 1})).ok());
    auto more = kWhole;
    more.push_back(number);
    CHECK_FALSE(read(bytesOf(more)).ok());
}

}  // namespace evd::wire
