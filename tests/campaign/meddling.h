#pragma once

#include <sys/types.h>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace evd::test {

// What the operations of a program on its disk come to.
enum class DiskFault : uint32_t {
    None,
    WriteError,  // EIO from every kind of write
    DiskFull,    // ENOSPC, after half of the bytes
    ShortWrite,  // half of the bytes, and no error
    ReadOnly,    // EROFS from writes, cuts, renames and from opening for writing
    SyncError,   // EIO from fsync and fdatasync
    ReadError,   // EIO from reads
};
inline constexpr size_t kDiskFaults = 7;

// What a campaign and every program of its group have in common: a page of shared memory, in which
// the campaign says what is to go wrong, and counts come back.
//
// The library libevd_meddler.so (meddler.cpp) is preloaded into the programs and looks here on
// every call. Each word is atomic by itself and needs no order with others: a fault that comes a
// call later is as good.
struct Meddling {
    std::atomic<int64_t> wall_offset_ns;  // added to CLOCK_REALTIME
    std::atomic<DiskFault> disk_fault;
    std::atomic<uint32_t> one_in;  // of the operations that could be hit; 1 hits all
    std::array<std::atomic<uint64_t>, 2> devices;  // where the stores lie; nothing else is hit
    std::atomic<uint64_t> operations;
    std::array<std::atomic<uint64_t>, kDiskFaults> hits;
    std::atomic<uint64_t> programs;  // that have looked here
};

inline constexpr const char* kMeddlingVariable = "EVENTD_TEST_MEDDLING";  // the page's file

}  // namespace evd::test
