#include "collector/ring/event_buffer.h"

#include "common/base/check.h"

#include <cstring>
#include <utility>

namespace evd::collector {

namespace {

constexpr size_t kWordBytes = sizeof(uint64_t);

size_t roundUpToWord(size_t bytes) {
    return (bytes + kWordBytes - 1) / kWordBytes * kWordBytes;
}

}  // namespace

EventBuffer::EventBuffer(EventBuffer&& other) noexcept
    : words_(std::move(other.words_)),
      capacity_(std::exchange(other.capacity_, 0)),
      size_(std::exchange(other.size_, 0)) {}

EventBuffer& EventBuffer::operator=(EventBuffer&& other) noexcept {
    words_ = std::move(other.words_);
    capacity_ = std::exchange(other.capacity_, 0);
    size_ = std::exchange(other.size_, 0);
    return *this;
}

void EventBuffer::makeRoom(size_t bytes) {
    if (room() >= bytes) {
        return;
    }
    const size_t capacity = roundUpToWord(size_ + bytes);
    auto words = std::make_unique_for_overwrite<uint64_t[]>(capacity / kWordBytes);
    if (size_ > 0) {
        std::memcpy(words.get(), words_.get(), size_);
    }
    words_ = std::move(words);
    capacity_ = capacity;
}

void EventBuffer::grow(size_t bytes) {
    EVD_CHECK(bytes <= room(), "a buffer grows into its room only");
    size_ += bytes;
}

void EventBuffer::cutTo(size_t size) {
    EVD_CHECK(size <= size_, "a buffer is cut to what it holds at most");
    size_ = size;
}

EventBuffer EventBuffer::splitOff(size_t size) {
    EventBuffer rest;
    const auto behind = bytes().subspan(size);
    if (!behind.empty()) {
        rest.makeRoom(behind.size());
        std::memcpy(rest.end(), behind.data(), behind.size());
        rest.grow(behind.size());
    }
    cutTo(size);
    return rest;
}

void EventBuffer::erase(size_t at, size_t count) {
    EVD_CHECK(at <= size_ && count <= size_ - at, "only what is there can be taken out");
    if (count > 0) {
        std::memmove(start() + at, start() + at + count, size_ - at - count);
        size_ -= count;
    }
}

void EventBuffer::seal() {
    if (size_ % kWordBytes != 0) {
        std::memset(end(), 0, roundUpToWord(size_) - size_);
    }
}

}  // namespace evd::collector
