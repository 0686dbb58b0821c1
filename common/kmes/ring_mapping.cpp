#include "common/kmes/ring_mapping.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace evd::kmes {

using base::cat;
using base::ErrorKind;
using base::fail;
using base::Fd;
using base::Result;

namespace {

constexpr int kReadOnly = PROT_READ;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;

Result<void> checkCapacity(uint64_t capacity) {
    if (!isRingCapacity(capacity)) {
        return fail(ErrorKind::Corrupt,
                    cat("a ring capacity is a power of two from ", kRingCapacityMin, " to ",
                        kRingCapacityMax, ", not ", capacity));
    }
    return {};
}

Result<void> checkMemoryBytes(int fd, uint64_t needed, const char* what) {
    struct stat found {};
    if (::fstat(fd, &found) != 0) {
        return base::failErrno(cat("cannot look at the ", what), errno);
    }
    if (found.st_size < 0 || static_cast<uint64_t>(found.st_size) < needed) {
        return fail(ErrorKind::Corrupt,
                    cat("the ", what, " has ", found.st_size, " bytes, needed are ", needed));
    }
    return {};
}

// Lays a part of a memory over the reserved range.
Result<void> mapOver(uint8_t* place, uint64_t bytes, int protection, int fd, off_t offset) {
    if (::mmap(place, bytes, protection, MAP_SHARED | MAP_FIXED, fd, offset) == MAP_FAILED) {
        return base::failErrno("cannot map a part of a ring", errno);
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<RingMapping>> RingMapping::mapKernelRing(int fd, uint16_t cpu,
                                                                uint64_t capacity) {
    EVD_TRY(checkCapacity(capacity));
    // The driver takes write permission away from all but the consumer page (Spec §5.1).
    void* range = ::mmap(nullptr, mappingBytesOf(capacity), kReadWrite, MAP_SHARED, fd, 0);
    if (range == MAP_FAILED) {
        return base::failErrno(cat("cannot map the ring of cpu ", cpu), errno);
    }
    std::unique_ptr<RingMapping> mapping(
        new RingMapping(static_cast<uint8_t*>(range), cpu, capacity, RingAccess::Consumer));
    EVD_TRY(mapping->verify());
    return mapping;
}

Result<std::unique_ptr<RingMapping>> RingMapping::mapMemories(int producer_fd, int consumer_fd,
                                                              uint16_t cpu, uint64_t capacity,
                                                              RingAccess access) {
    EVD_TRY(checkCapacity(capacity));
    EVD_TRY(checkMemoryBytes(producer_fd, kRingPageBytes + capacity, "producer memory"));
    EVD_TRY(checkMemoryBytes(consumer_fd, kRingPageBytes, "consumer page"));
    // Reserve the whole range first, so that the four parts are neighbours and nothing slips
    // between.
    void* range = ::mmap(nullptr, mappingBytesOf(capacity), PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) {
        return base::failErrno(cat("cannot reserve addresses for the ring of cpu ", cpu), errno);
    }
    auto* base = static_cast<uint8_t*>(range);
    std::unique_ptr<RingMapping> mapping(new RingMapping(base, cpu, capacity, access));
    const int protection = access == RingAccess::Producer ? kReadWrite : kReadOnly;
    const auto data_at = static_cast<off_t>(kRingPageBytes);
    uint8_t* data = base + kRingDataOffset;
    EVD_TRY(mapOver(base, kRingPageBytes, protection, producer_fd, 0));
    EVD_TRY(mapOver(base + kRingPageBytes, kRingPageBytes, kReadWrite, consumer_fd, 0));
    EVD_TRY(mapOver(data, capacity, protection, producer_fd, data_at));
    EVD_TRY(mapOver(data + capacity, capacity, protection, producer_fd, data_at));
    if (access == RingAccess::Consumer) {
        EVD_TRY(mapping->verify());
    }
    return mapping;
}

RingMapping::~RingMapping() {
    (void)::munmap(base_, mappingBytesOf(capacity_));  // Cannot fail for a range that we mapped.
}

Result<void> RingMapping::verify() const {
    const ProducerPage& page = *producer();
    if (page.magic != kRingMagic || page.version != kRingVersion) {
        return fail(ErrorKind::Corrupt, cat("the memory offered for cpu ", cpu_,
                                            " is no ring of version ", kRingVersion));
    }
    if (page.cpu_id != cpu_ || page.capacity != capacity_ || page.data_offset != kRingDataOffset) {
        return fail(ErrorKind::Corrupt, cat("the ring offered for cpu ", cpu_, " with capacity ",
                                            capacity_, " says cpu ", page.cpu_id, ", capacity ",
                                            page.capacity, ", data offset ", page.data_offset));
    }
    return {};
}

ProducerPage& RingMapping::writableProducer() {
    EVD_CHECK(access_ == RingAccess::Producer, "only a producer writes to a ring");
    return *reinterpret_cast<ProducerPage*>(base_);
}

uint8_t* RingMapping::writableAt(uint64_t position) {
    EVD_CHECK(access_ == RingAccess::Producer, "only a producer writes to a ring");
    return base_ + kRingDataOffset + (position & (capacity_ - 1));
}

namespace {

Result<Fd> makeMemory(const char* name, uint64_t bytes) {
    Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd.valid()) {
        return base::failErrno("cannot make ring memory", errno);
    }
    if (::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) {
        return base::failErrno(cat("cannot size ring memory to ", bytes, " bytes"), errno);
    }
    // The last seal is against more of them: whoever attaches holds the consumer page for writing,
    // and could forbid that to every process that maps it later.
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return base::failErrno("cannot seal ring memory", errno);
    }
    return fd;
}

}  // namespace

Result<RingMemories> makeRingMemories(uint64_t capacity) {
    if (!isRingCapacity(capacity)) {
        return fail(ErrorKind::Invalid, cat("not a ring capacity: ", capacity));
    }
    auto producer = makeMemory("kmes-ring", kRingPageBytes + capacity);
    if (!producer.ok()) {
        return producer.error();
    }
    auto consumer = makeMemory("kmes-consumer", kRingPageBytes);
    if (!consumer.ok()) {
        return consumer.error();
    }
    return RingMemories{std::move(producer).value(), std::move(consumer).value()};
}

}  // namespace evd::kmes
