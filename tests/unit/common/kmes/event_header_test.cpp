#include "common/kmes/event_header.h"

#include <doctest/doctest.h>
#include <cstring>
#include <vector>

namespace base = evd::base;
namespace kmes = evd::kmes;
using kmes::EventHeader;

namespace {

// An event with every field set, as the ring holds it.
std::vector<uint8_t> sampleEvent(size_t type_bytes = 4, size_t payload_bytes = 3) {
    EventHeader header;
    header.header_bytes = static_cast<uint32_t>(kmes::kEventHeaderBytes + type_bytes);
    header.event_bytes = header.header_bytes + static_cast<uint32_t>(payload_bytes);
    header.timestamp_ns = 0x0102'0304'0506'0708;
    header.sequence = 0x1112'1314'1516'1718;
    header.cpu = 0x2122;
    header.origin_class = kmes::kOriginKacs;
    header.effective_token.bytes.fill(0xE1);
    header.true_token.bytes.fill(0xE2);
    header.process.bytes.fill(0xE3);
    header.type_bytes = static_cast<uint16_t>(type_bytes);
    std::vector<uint8_t> bytes(header.event_bytes, 'p');
    kmes::encodeEventHeader(
        header, std::span<uint8_t, kmes::kEventHeaderBytes>(bytes.data(), kmes::kEventHeaderBytes));
    std::memset(bytes.data() + kmes::kEventHeaderBytes, 't', type_bytes);
    return bytes;
}

template <typename Value>
void poke(std::vector<uint8_t>& bytes, size_t at, Value value) {
    std::memcpy(bytes.data() + at, &value, sizeof(value));
}

}  // namespace

// Spec PSD-003 §2.1: offsets and widths.
TEST_CASE("event header: every field lies where the specification puts it") {
    const auto bytes = sampleEvent();
    CHECK(bytes[0] == 84);
    CHECK(bytes[4] == 81);
    CHECK(bytes[8] == 0x08);
    CHECK(bytes[15] == 0x01);
    CHECK(bytes[16] == 0x18);
    CHECK(bytes[23] == 0x11);
    CHECK(bytes[24] == 0x22);
    CHECK(bytes[25] == 0x21);
    CHECK(bytes[26] == kmes::kOriginKacs);
    CHECK(bytes[27] == 0xE1);
    CHECK(bytes[42] == 0xE1);
    CHECK(bytes[43] == 0xE2);
    CHECK(bytes[58] == 0xE2);
    CHECK(bytes[59] == 0xE3);
    CHECK(bytes[74] == 0xE3);
    CHECK(bytes[75] == 4);
    CHECK(bytes[77] == 't');
    CHECK(bytes[81] == 'p');
}

TEST_CASE("event header: decoding gives back what was encoded, with type and payload") {
    const auto bytes = sampleEvent();
    const auto header = kmes::decodeEventHeader(bytes);
    REQUIRE(header.ok());
    CHECK(header.value().timestamp_ns == 0x0102'0304'0506'0708);
    CHECK(header.value().sequence == 0x1112'1314'1516'1718);
    CHECK(header.value().cpu == 0x2122);
    CHECK(header.value().process.bytes[15] == 0xE3);
    CHECK(kmes::eventType(header.value(), bytes) == "tttt");
    CHECK(kmes::eventPayload(header.value(), bytes).size() == 3);
}

TEST_CASE("event header: bytes behind the event belong to the next one") {
    auto bytes = sampleEvent();
    bytes.resize(bytes.size() + 100);
    kmes::EventFrame frame;
    REQUIRE(kmes::readEventFrame(bytes, frame));
    CHECK(frame.event_bytes == 84);
    CHECK(kmes::eventPayload(kmes::decodeEventHeader(bytes).value(), bytes).size() == 3);
}

TEST_CASE("event header: an empty payload and an empty type are legal") {
    CHECK(kmes::decodeEventHeader(sampleEvent(4, 0)).ok());
    CHECK(kmes::decodeEventHeader(sampleEvent(0, 0)).ok());
}

TEST_CASE("event header: a header that has grown is followed to its payload") {
    auto bytes = sampleEvent(4, 13);
    poke<uint32_t>(bytes, 4, 91);  // ten bytes of a later version between type and payload
    const auto header = kmes::decodeEventHeader(bytes);
    REQUIRE(header.ok());
    CHECK(kmes::eventType(header.value(), bytes) == "tttt");
    CHECK(kmes::eventPayload(header.value(), bytes).size() == 3);
}

TEST_CASE("event header: fewer than 77 bytes are no event") {
    const auto bytes = sampleEvent(0, 0);
    for (size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(kmes::decodeEventHeader(std::span(bytes).first(size)).ok());
    }
}

// Spec PSD-003 §5.1 read step 6, peios-abi §1.8 step 3.
TEST_CASE("event header: sizes that contradict one another are refused") {
    auto bytes = sampleEvent();
    SUBCASE("an event size of zero") {
        poke<uint32_t>(bytes, 0, 0);
    }
    SUBCASE("an event smaller than its header") {
        poke<uint32_t>(bytes, 0, 80);
    }
    SUBCASE("an event larger than what is there") {
        poke<uint32_t>(bytes, 0, 85);
    }
    SUBCASE("an event of 4 GiB") {
        poke<uint32_t>(bytes, 0, 0xFFFF'FFFF);
    }
    SUBCASE("a header below 77 bytes") {
        poke<uint32_t>(bytes, 4, 76);
    }
    SUBCASE("a header that ends inside the type") {
        poke<uint32_t>(bytes, 4, 80);
    }
    SUBCASE("a header larger than the event") {
        poke<uint32_t>(bytes, 4, 85);
    }
    SUBCASE("a type longer than the header") {
        poke<uint16_t>(bytes, 75, 5);
    }
    SUBCASE("a type of 65535 bytes") {
        poke<uint16_t>(bytes, 75, 0xFFFF);
    }
    SUBCASE("sequence 0, which is never assigned") {
        poke<uint64_t>(bytes, 16, 0);
    }
    const auto header = kmes::decodeEventHeader(bytes);
    REQUIRE_FALSE(header.ok());
    CHECK(header.error().kind == base::ErrorKind::Invalid);
    kmes::EventFrame frame{.event_bytes = 7};
    CHECK_FALSE(kmes::readEventFrame(bytes, frame));
    CHECK(frame.event_bytes == 7);
}

TEST_CASE("event header: the longest type fits its field") {
    const auto bytes = sampleEvent(kmes::kEventTypeBytesMax, 1);
    const auto header = kmes::decodeEventHeader(bytes);
    REQUIRE(header.ok());
    CHECK(kmes::eventType(header.value(), bytes).size() == kmes::kEventTypeBytesMax);
}
