#include "common/kmes/ring_mapping.h"

#include "common/base/fd.h"
#include "tests/support/test_ring.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace base = evd::base;
namespace kmes = evd::kmes;
using evd::test::TestRing;
using kmes::RingAccess;
using kmes::RingMapping;

namespace {

base::Fd memoryOf(off_t bytes) {
    base::Fd fd(::memfd_create("test", MFD_CLOEXEC));
    REQUIRE(fd.valid());
    REQUIRE(::ftruncate(fd.get(), bytes) == 0);
    return fd;
}

}  // namespace

TEST_CASE("ring mapping: the data follows itself, so an event over the end is contiguous") {
    TestRing ring;
    const auto producer = ring.mapProducer();
    const auto consumer = ring.mapConsumer();
    std::memcpy(producer->writableAt(ring.capacity() - 2), "wrap", 4);
    CHECK(std::memcmp(consumer->at(ring.capacity() - 2), "wrap", 4) == 0);
    CHECK(std::memcmp(consumer->at(0), "ap", 2) == 0);
    CHECK(std::memcmp(consumer->at(5 * ring.capacity()), "ap", 2) == 0);
}

TEST_CASE("ring mapping: both ends see one another's pages") {
    TestRing ring;
    const auto consumer = ring.mapConsumer();
    CHECK(consumer->generation() == 1);
    CHECK_FALSE(ring.writer().mapping().needWake());
    consumer->setNeedWake(true);
    CHECK(ring.writer().mapping().needWake());
    ring.append(100);
    CHECK(consumer->writePosition() == 100);
    CHECK(consumer->futexCounter() == 1);
}

TEST_CASE("ring mapping: memory that is too short is refused before it is touched") {
    TestRing ring;
    const auto page = memoryOf(4096);
    const auto almost = memoryOf(4095);
    const auto short_data = memoryOf(static_cast<off_t>(4096 + ring.capacity() - 1));
    const auto map = [&](int producer, int consumer) {
        return RingMapping::mapMemories(producer, consumer, 0, ring.capacity(),
                                        RingAccess::Consumer);
    };
    CHECK(map(ring.memories().producer.get(), page.get()).ok());
    CHECK_FALSE(map(ring.memories().producer.get(), almost.get()).ok());
    CHECK_FALSE(map(short_data.get(), page.get()).ok());
    CHECK_FALSE(map(page.get(), page.get()).ok());
    CHECK_FALSE(map(-1, page.get()).ok());
}

TEST_CASE("ring mapping: capacities outside the limits or not a power of two are refused") {
    TestRing ring;
    for (const uint64_t capacity :
         {uint64_t{0}, uint64_t{4096}, uint64_t{32768}, uint64_t{65535}, uint64_t{65537},
          uint64_t{98304}, uint64_t{536870912}, UINT64_MAX}) {
        CAPTURE(capacity);
        const auto mapping =
            RingMapping::mapMemories(ring.memories().producer.get(), ring.memories().consumer.get(),
                                     0, capacity, RingAccess::Consumer);
        REQUIRE_FALSE(mapping.ok());
        CHECK(mapping.error().kind == base::ErrorKind::Corrupt);
        CHECK_FALSE(kmes::makeRingMemories(capacity).ok());
    }
    CHECK(kmes::isRingCapacity(kmes::kRingCapacityMin));
    CHECK(kmes::isRingCapacity(kmes::kRingCapacityMax));
}

// peios-abi §1.7 step 3.
TEST_CASE("ring mapping: a consumer refuses a page that is not the ring it was promised") {
    TestRing ring;
    const auto producer = ring.mapProducer();
    auto& page = producer->writableProducer();
    SUBCASE("no magic") {
        page.magic[7] = 'X';
    }
    SUBCASE("another version") {
        page.version = 2;
    }
    SUBCASE("another cpu") {
        page.cpu_id = 1;
    }
    SUBCASE("another capacity") {
        page.capacity = 2 * ring.capacity();
    }
    SUBCASE("data elsewhere") {
        page.data_offset = 4096;
    }
    const auto mapping =
        RingMapping::mapMemories(ring.memories().producer.get(), ring.memories().consumer.get(), 0,
                                 ring.capacity(), RingAccess::Consumer);
    REQUIRE_FALSE(mapping.ok());
    CHECK(mapping.error().kind == base::ErrorKind::Corrupt);
}

TEST_CASE("ring mapping: a consumer's mapping of the data cannot be written") {
    TestRing ring;
    const auto consumer = ring.mapConsumer();
    // The kernel refuses to write there on our behalf, without the signal a store would raise.
    const auto source = memoryOf(8);
    CHECK(::pread(source.get(), const_cast<uint8_t*>(consumer->at(0)), 1, 0) == -1);
    CHECK(errno == EFAULT);
    CHECK(::pread(source.get(), ring.mapProducer()->writableAt(0), 1, 0) == 1);
}

TEST_CASE("ring mapping: ring memories can be neither shrunk nor grown") {
    const auto memories = kmes::makeRingMemories(kmes::kRingCapacityMin);
    REQUIRE(memories.ok());
    CHECK(::ftruncate(memories.value().producer.get(), 4096) == -1);
    CHECK(errno == EPERM);
    CHECK(::ftruncate(memories.value().consumer.get(), 8192) == -1);
}

TEST_CASE(
    "ring mapping: nobody who holds ring memories can take writing from those who come later") {
    const auto memories = kmes::makeRingMemories(kmes::kRingCapacityMin);
    REQUIRE(memories.ok());
    for (const base::Fd* memory : {&memories.value().producer, &memories.value().consumer}) {
        for (const int seal : {F_SEAL_FUTURE_WRITE, F_SEAL_WRITE}) {
            CHECK(::fcntl(memory->get(), F_ADD_SEALS, seal) == -1);
            CHECK(errno == EPERM);
        }
    }
    CHECK(RingMapping::mapMemories(memories.value().producer.get(), memories.value().consumer.get(),
                                   0, kmes::kRingCapacityMin, RingAccess::Producer)
              .ok());
}

TEST_CASE("ring mapping: a kernel descriptor that cannot be mapped whole is an error") {
    const base::Fd none;
    CHECK_FALSE(RingMapping::mapKernelRing(none.get(), 0, kmes::kRingCapacityMin).ok());
    // What a kernel ring looks like to mmap: one object of the whole size.
    const auto object = memoryOf(static_cast<off_t>(kmes::mappingBytesOf(kmes::kRingCapacityMin)));
    CHECK_FALSE(RingMapping::mapKernelRing(object.get(), 0, kmes::kRingCapacityMin).ok());
    kmes::ProducerPage page{};
    page.magic = kmes::kRingMagic;
    page.version = kmes::kRingVersion;
    page.cpu_id = 3;
    page.capacity = kmes::kRingCapacityMin;
    page.data_offset = kmes::kRingDataOffset;
    REQUIRE(::pwrite(object.get(), &page, sizeof(page), 0) == sizeof(page));
    CHECK(RingMapping::mapKernelRing(object.get(), 3, kmes::kRingCapacityMin).ok());
    CHECK_FALSE(RingMapping::mapKernelRing(object.get(), 2, kmes::kRingCapacityMin).ok());
}
