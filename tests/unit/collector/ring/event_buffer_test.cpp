#include "collector/ring/event_buffer.h"

#include <doctest/doctest.h>
#include <cstring>
#include <string>

using evd::collector::EventBuffer;

namespace {

void append(EventBuffer& buffer, const std::string& text) {
    buffer.makeRoom(text.size());
    std::memcpy(buffer.end(), text.data(), text.size());
    buffer.grow(text.size());
}

std::string contentOf(const EventBuffer& buffer) {
    return {buffer.bytes().begin(), buffer.bytes().end()};
}

}  // namespace

TEST_CASE("event buffer: growing keeps what is in it") {
    EventBuffer buffer;
    CHECK(buffer.empty());
    append(buffer, "first");
    append(buffer, std::string(1000, 'x'));
    CHECK(contentOf(buffer) == "first" + std::string(1000, 'x'));
    CHECK(reinterpret_cast<uintptr_t>(buffer.bytes().data()) % 8 == 0);
}

TEST_CASE("event buffer: a sealed buffer is zeroed up to the next word") {
    EventBuffer buffer;
    append(buffer, "abcdefgh");
    append(buffer, "123XYZ##");
    buffer.cutTo(11);
    buffer.seal();
    CHECK(contentOf(buffer) == "abcdefgh123");
    for (size_t i = 11; i < 16; ++i) {
        CHECK(buffer.bytes().data()[i] == 0);
    }
}

TEST_CASE("event buffer: what is taken out of the middle closes up") {
    EventBuffer buffer;
    append(buffer, "one-two-three");
    buffer.erase(3, 4);
    CHECK(contentOf(buffer) == "one-three");
    buffer.erase(0, 4);
    CHECK(contentOf(buffer) == "three");
    buffer.erase(5, 0);
    buffer.erase(0, 5);
    CHECK(buffer.empty());
}

TEST_CASE("event buffer: moving leaves an empty one behind") {
    EventBuffer buffer;
    append(buffer, "text");
    const EventBuffer moved = std::move(buffer);
    CHECK(contentOf(moved) == "text");
    CHECK(buffer.empty());  // NOLINT: that it is empty is the promise
    CHECK(buffer.room() == 0);
}
