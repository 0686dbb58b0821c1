#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace evd::collector {

// Raw event bytes on their way from a ring to the store, in one block that a message can borrow.
//
// The block is aligned to 8 bytes and its capacity is a multiple of 8, with the bytes behind the
// last event zeroed by seal(): what Cap'n Proto asks of external data. Grows when told to and never
// initialises what it is about to be filled with. Moved, not copied; used by one thread at a time.
class EventBuffer {
  public:
    EventBuffer() = default;
    EventBuffer(EventBuffer&& other) noexcept;
    EventBuffer& operator=(EventBuffer&& other) noexcept;

    // Room for `bytes` more, keeping the content.
    void makeRoom(size_t bytes);
    // Where the next byte goes; room() of them may be written, then counted with grow().
    uint8_t* end() { return start() + size_; }
    size_t room() const { return capacity_ - size_; }
    void grow(size_t bytes);
    // Gives up what lies behind the first `size` bytes.
    void cutTo(size_t size);
    // What lies behind the first `size` bytes leaves for a buffer of its own.
    EventBuffer splitOff(size_t size);
    // Takes `count` bytes out at `at`; what follows moves up.
    void erase(size_t at, size_t count);
    // Zeroes the padding up to the next multiple of 8.
    void seal();

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::span<const uint8_t> bytes() const {
        return {reinterpret_cast<const uint8_t*>(words_.get()), size_};
    }

  private:
    uint8_t* start() { return reinterpret_cast<uint8_t*>(words_.get()); }

    std::unique_ptr<uint64_t[]> words_;
    size_t capacity_ = 0;
    size_t size_ = 0;
};

}  // namespace evd::collector
