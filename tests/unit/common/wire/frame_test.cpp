#include "common/wire/frame.h"
#include "common/base/text.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace evd::wire {
namespace {

void feed(FrameDecoder& decoder, std::span<const uint8_t> bytes) {
    const auto room = decoder.room();
    REQUIRE(room.size() >= bytes.size());
    std::copy(bytes.begin(), bytes.end(), room.begin());
    decoder.received(bytes.size());
}

std::vector<uint8_t> frameOf(std::string_view body) {
    std::vector<uint8_t> out;
    appendFrame(out, base::asBytes(body));
    return out;
}

TEST_CASE("frame: the length is four bytes, little-endian, and counts the body") {
    CHECK(base::encodeHex(frameOf("abc")) == "03000000616263");
    CHECK(base::encodeHex(frameOf("")) == "00000000");
}

TEST_CASE("frame: a body written in place gets its length when it is closed") {
    std::vector<uint8_t> out = frameOf("x");
    const size_t opened_at = openFrame(out);
    out.push_back('y');
    out.push_back('z');
    closeFrame(out, opened_at);
    CHECK(base::encodeHex(out) == "010000007802000000797a");
}

TEST_CASE("frame: two frames that arrive byte by byte come out whole, one after the other") {
    std::vector<uint8_t> stream = frameOf("one");
    appendFrame(stream, base::asBytes("second"));
    FrameDecoder decoder(64);
    std::vector<std::string> bodies;
    for (const uint8_t byte : stream) {
        feed(decoder, {&byte, 1});
        const auto body = decoder.next().value();
        if (body.has_value()) {
            bodies.emplace_back(base::asText(*body));
        }
        CHECK(decoder.isInsideFrame() == !body.has_value());
    }
    CHECK(bodies == std::vector<std::string>{"one", "second"});
}

TEST_CASE("frame: several frames in one read, an empty one among them") {
    std::vector<uint8_t> stream = frameOf("a");
    appendFrame(stream, {});
    appendFrame(stream, base::asBytes("b"));
    FrameDecoder decoder(64);
    feed(decoder, stream);
    CHECK(base::asText(*decoder.next().value()) == "a");
    CHECK(decoder.next().value()->empty());
    CHECK(base::asText(*decoder.next().value()) == "b");
    CHECK_FALSE(decoder.next().value().has_value());
    CHECK_FALSE(decoder.isInsideFrame());
}

TEST_CASE("frame: the maximum is accepted and one byte more is refused for good") {
    FrameDecoder decoder(8);
    feed(decoder, frameOf("12345678"));
    CHECK(decoder.next().value()->size() == 8);
    feed(decoder, std::vector<uint8_t>{9, 0, 0, 0});
    CHECK_FALSE(decoder.next().ok());
    CHECK_FALSE(decoder.next().ok());
    FrameDecoder second(8);
    feed(second, std::vector<uint8_t>{0xFF, 0xFF, 0xFF, 0xFF});
    CHECK(second.next().error().kind == base::ErrorKind::Invalid);
}

TEST_CASE("frame: a body larger than one read is gathered") {
    const std::string body(100'000, 'q');
    const auto stream = frameOf(body);
    FrameDecoder decoder(200'000);
    for (size_t at = 0; at < stream.size(); at += 1000) {
        CHECK_FALSE(decoder.next().value().has_value());
        feed(decoder, std::span(stream).subspan(at, std::min<size_t>(1000, stream.size() - at)));
    }
    CHECK(base::asText(*decoder.next().value()) == body);
}

TEST_CASE("frame: a length that claims much takes no memory before the bytes come") {
    FrameDecoder decoder(1U << 30);
    feed(decoder, std::vector<uint8_t>{0, 0, 0, 0x20});
    CHECK_FALSE(decoder.next().value().has_value());
    CHECK(decoder.room().size() <= 4 * kFrameReadBytes);
}

}  // namespace
}  // namespace evd::wire
