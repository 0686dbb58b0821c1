#include "tests/unit/collector/kmesd/ring_fixture.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <fstream>

namespace evd::collector {
namespace {

constexpr uint64_t kLarger = 2 * kmes::kRingCapacityMin;

TEST_CASE("ring recovery: from nothing come fresh rings, all of their memories parked first") {
    RingMachine machine;
    RingRecovery recovery({2, machine.capacity, {}, machine.proc.get()});
    auto to_park = recovery.prepare();
    REQUIRE(to_park.ok());
    std::vector<std::string> names;
    for (const ParkedMemory& memory : to_park.value()) {
        names.push_back(memory.name);
    }
    CHECK(names == std::vector<std::string>{"ring.counters", "ring.0.1.producer",
                                            "ring.0.1.consumer", "ring.1.1.producer",
                                            "ring.1.1.consumer"});
    const auto rings = recovery.finish();
    REQUIRE(rings.ok());
    CHECK(recovery.unneeded().empty());
    CHECK(recovery.resumedCount() == 0);
    CHECK(rings.value()->count() == 2);
    emitNumbered(*rings.value(), 1, 3);
    CHECK(sequencesOf(*RingMachine::attach(*rings.value(), 1)) == upTo(1, 3));
    CHECK(RingMachine::attach(*rings.value(), 0)->generation() == 1);
}

TEST_CASE("ring recovery: a fresh ring goes on behind what the stores hold") {
    RingMachine machine;
    machine.resume = {{1, 41}};
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 1);
    emitNumbered(*rings, 1, 2);
    CHECK(sequencesOf(*RingMachine::attach(*rings, 0)) == upTo(1, 1));
    CHECK(sequencesOf(*RingMachine::attach(*rings, 1)) == upTo(42, 43));
}

TEST_CASE(
    "ring recovery: a successor goes on with the same memory and the next number (Ruling K6)") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 5);
    const auto consumer = RingMachine::attach(*rings, 0);
    const ino_t inode = RingMachine::inodeOf(*rings, 0);
    rings.reset();  // kmesd dies

    auto successor = machine.startKmesd();
    CHECK(machine.resumed == 2);
    CHECK(RingMachine::inodeOf(*successor, 0) == inode);
    emitNumbered(*successor, 0, 2);
    CHECK(sequencesOf(*consumer) == upTo(1, 7));
    CHECK(consumer->generation() == 1);
}

TEST_CASE("ring recovery: a death before the first event leaves rings that are used") {
    RingMachine machine;
    {
        RingRecovery recovery({2, machine.capacity, {}, machine.proc.get()});
        machine.keeper.park(recovery.prepare().value());
    }
    const auto names = machine.keeper.names();
    auto rings = machine.startKmesd();
    CHECK(machine.keeper.names() == names);
    CHECK(machine.resumed == 0);
    emitNumbered(*rings, 0, 1);
    CHECK(sequencesOf(*RingMachine::attach(*rings, 0)) == upTo(1, 1));
}

TEST_CASE("ring recovery: a death while the first memories are being parked") {
    RingMachine machine;
    RingRecovery probe({2, machine.capacity, {}, machine.proc.get()});
    const size_t parks = probe.prepare().value().size();
    for (size_t parked = 0; parked <= parks; ++parked) {
        CAPTURE(parked);
        RingMachine fresh;
        {
            RingRecovery recovery({2, fresh.capacity, {}, fresh.proc.get()});
            auto memories = recovery.prepare().value();
            memories.resize(parked);
            fresh.keeper.park(std::move(memories));
        }
        auto rings = fresh.startKmesd();
        CHECK(rings->count() == 2);
        emitNumbered(*rings, 0, 2);
        emitNumbered(*rings, 1, 2);
        CHECK(sequencesOf(*RingMachine::attach(*rings, 1)) == upTo(1, 2));
        rings.reset();
        auto successor = fresh.startKmesd();
        CHECK(fresh.resumed == 2);
        emitNumbered(*successor, 1, 1);
        CHECK(sequencesOf(*RingMachine::attach(*successor, 1)) == upTo(1, 3));
        CHECK(fresh.keeper.names().size() == parks);
    }
}

TEST_CASE("ring recovery: a damaged ring starts afresh behind every number given out") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 5);
    emitNumbered(*rings, 1, 5);
    const ino_t damaged = RingMachine::inodeOf(*rings, 0);
    rings.reset();
    REQUIRE(::pwrite(machine.keeper.at("ring.0.1.producer").get(), "X", 1, 0) == 1);

    auto successor = machine.startKmesd();
    CHECK(machine.resumed == 1);
    emitNumbered(*successor, 0, 1);
    emitNumbered(*successor, 1, 1);
    CHECK(sequencesOf(*RingMachine::attach(*successor, 0)) == upTo(6, 6));
    CHECK(sequencesOf(*RingMachine::attach(*successor, 1)) == upTo(1, 6));
    CHECK(RingMachine::inodeOf(*successor, 0) != damaged);
    CHECK(machine.keeper.names() ==
          std::vector<std::string>{"ring.0.2.consumer", "ring.0.2.producer", "ring.1.1.consumer",
                                   "ring.1.1.producer", "ring.counters"});
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Bounds our address space to what it has and a little more, for as long as it lives.
class ShortOfMemory {
  public:
    ShortOfMemory() {
        REQUIRE(::getrlimit(RLIMIT_AS, &before_) == 0);
        uint64_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        const rlimit bound{pages * kmes::kRingPageBytes + kSpareBytes, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_AS, &bound) == 0);
    }
    ~ShortOfMemory() { ::setrlimit(RLIMIT_AS, &before_); }
    ShortOfMemory(const ShortOfMemory&) = delete;
    ShortOfMemory& operator=(const ShortOfMemory&) = delete;

  private:
    static constexpr uint64_t kSpareBytes = 256 * 1024;
    rlimit before_{};
};

TEST_CASE("ring recovery: a ring that cannot be mapped for want of memory is not given up") {
    RingMachine machine;
    machine.capacity = 16 * 1024 * 1024;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 5);
    rings.reset();
    {
        RingRecovery recovery({2, machine.capacity, {}, machine.proc.get()});
        machine.keeper.handTo(recovery);
        const ShortOfMemory little;
        const auto prepared = recovery.prepare();
        REQUIRE_FALSE(prepared.ok());
        CHECK(prepared.error().kind == base::ErrorKind::Io);
        CHECK(recovery.unneeded().empty());
    }
    auto successor = machine.startKmesd();
    CHECK(machine.resumed == 2);
    CHECK(sequencesOf(*RingMachine::attach(*successor, 0)) == upTo(1, 5));
}
#endif

TEST_CASE("ring recovery: half a ring, or memories of the wrong size, start afresh") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 3);
    emitNumbered(*rings, 1, 3);
    rings.reset();
    machine.keeper.drop("ring.0.1.consumer");
    base::Fd tiny(::memfd_create("tiny", MFD_CLOEXEC));
    REQUIRE(::ftruncate(tiny.get(), 100) == 0);
    machine.keeper.at("ring.1.1.producer") = std::move(tiny);
    auto successor = machine.startKmesd();
    CHECK(machine.resumed == 0);
    emitNumbered(*successor, 0, 1);
    emitNumbered(*successor, 1, 1);
    CHECK(sequencesOf(*RingMachine::attach(*successor, 0)) == upTo(4, 4));
    CHECK(sequencesOf(*RingMachine::attach(*successor, 1)) == upTo(4, 4));
}

TEST_CASE("ring recovery: lost counters are rebuilt from the rings") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 3);
    rings.reset();
    machine.keeper.drop("ring.counters");
    auto successor = machine.startKmesd();
    emitNumbered(*successor, 0, 1);
    CHECK(sequencesOf(*RingMachine::attach(*successor, 0)) == upTo(1, 4));
}

TEST_CASE("ring recovery: counters that are too short to be ours are rebuilt and parked anew") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 3);
    rings.reset();
    base::Fd tiny(::memfd_create("tiny", MFD_CLOEXEC));
    REQUIRE(::ftruncate(tiny.get(), 100) == 0);
    machine.keeper.at("ring.counters") = std::move(tiny);
    auto successor = machine.startKmesd();
    emitNumbered(*successor, 0, 1);
    CHECK(sequencesOf(*RingMachine::attach(*successor, 0)) == upTo(1, 4));
    struct stat found {};
    REQUIRE(::fstat(machine.keeper.at("ring.counters").get(), &found) == 0);
    CHECK(found.st_size > 100);
}

TEST_CASE("ring recovery: a memory that was never written and is older than the ring is let go") {
    RingMachine machine;
    machine.startKmesd();
    auto blank = kmes::makeRingMemories(machine.capacity).value();
    std::vector<ParkedMemory> parked;
    for (const std::string part : {"producer", "consumer"}) {
        const std::string ring = "ring.0.1." + part;
        parked.push_back({"ring.0.3." + part, std::move(machine.keeper.at(ring))});
        machine.keeper.drop(ring);
    }
    parked.push_back({"ring.0.2.producer", std::move(blank.producer)});
    parked.push_back({"ring.0.2.consumer", std::move(blank.consumer)});
    machine.keeper.park(std::move(parked));
    auto rings = machine.startKmesd();
    CHECK(machine.resumed == 2);
    const auto names = machine.keeper.names();
    CHECK(std::count_if(names.begin(), names.end(), [](const std::string& name) {
              return name.starts_with("ring.0.2.");
          }) == 0);
    CHECK(std::count(names.begin(), names.end(), "ring.0.3.producer") == 1);
}

TEST_CASE("ring recovery: the number of rings never shrinks under a running group") {
    RingMachine machine;
    machine.ring_count = 3;
    machine.startKmesd();
    machine.ring_count = 1;
    CHECK(machine.startKmesd()->count() == 3);
    machine.ring_count = 4;
    CHECK(machine.startKmesd()->count() == 4);
}

TEST_CASE("ring recovery: names that are none of ours are refused") {
    RingMachine machine;
    RingRecovery recovery({1, machine.capacity, {}, machine.proc.get()});
    CHECK_FALSE(recovery.adopt("kmes-listen", base::Fd()));
    CHECK_FALSE(recovery.adopt("ring.5.producer", base::Fd()));
}

TEST_CASE("resize: every ring is swapped, keeps its events and its numbers") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 5);
    const auto old = RingMachine::attach(*rings, 0);
    auto prepared = rings->prepareResize(kLarger);
    REQUIRE(prepared.ok());
    machine.keeper.park(parkedOf(prepared.value()).value());
    const auto unneeded = rings->commitResize(std::move(prepared).value());
    REQUIRE(unneeded.ok());
    CHECK(unneeded.value() == std::vector<std::string>{"ring.0.1.", "ring.1.1."});
    machine.keeper.unpark(unneeded.value());
    CHECK(old->generation() == 2);
    CHECK(rings->capacity() == kLarger);
    emitNumbered(*rings, 0, 1);
    const auto fresh = RingMachine::attach(*rings, 0);
    CHECK(fresh->generation() == 2);
    CHECK(fresh->capacity() == kLarger);
    CHECK(sequencesOf(*fresh) == upTo(1, 6));
    CHECK(sequencesOf(*old) == upTo(1, 5));
    rings.reset();
    auto successor = machine.startKmesd();
    emitNumbered(*successor, 0, 1);
    CHECK(sequencesOf(*fresh) == upTo(1, 7));
}

TEST_CASE("resize: dying after any park leaves the old rings going on, or the new ones complete") {
    for (size_t parked = 0; parked <= 4; ++parked) {
        CAPTURE(parked);
        RingMachine machine;
        auto rings = machine.startKmesd();
        emitNumbered(*rings, 0, 3);
        emitNumbered(*rings, 1, 4);
        const auto consumer = RingMachine::attach(*rings, 0);
        auto memories = parkedOf(rings->prepareResize(kLarger).value()).value();
        memories.resize(parked);
        machine.keeper.park(std::move(memories));
        emitNumbered(*rings, 0, 1);  // events go on while the memories are being parked
        rings.reset();

        auto successor = machine.startKmesd();
        // With all four parked the resize is completed; the ring that consumers hold says so.
        const bool completed = parked == 4;
        CHECK(successor->capacity() == (completed ? kLarger : machine.capacity));
        CHECK(consumer->generation() == (completed ? 2 : 1));
        emitNumbered(*successor, 0, 1);
        emitNumbered(*successor, 1, 1);
        CHECK(sequencesOf(*RingMachine::attach(*successor, 0)) == upTo(1, 5));
        CHECK(sequencesOf(*RingMachine::attach(*successor, 1)) == upTo(1, 5));
        CHECK(machine.keeper.names().size() == 5);
    }
}

// Does what commitResize does, ring by ring and step by step, and stops after `steps` of them.
void resizePartly(RingMachine& machine, int steps) {
    RingRecovery recovery({machine.ring_count, machine.capacity, {}, machine.proc.get()});
    machine.keeper.handTo(recovery);
    for (uint16_t cpu = 0; cpu < machine.ring_count; ++cpu) {
        const auto memory = [&](uint64_t serial, RingName::Part part) {
            return machine.keeper.at(formatRingName({cpu, serial, part})).get();
        };
        auto old_map = kmes::RingMapping::mapMemories(memory(1, RingName::Part::Producer),
                                                      memory(1, RingName::Part::Consumer), cpu,
                                                      machine.capacity, kmes::RingAccess::Producer);
        auto new_map = kmes::RingMapping::mapMemories(memory(2, RingName::Part::Producer),
                                                      memory(2, RingName::Part::Consumer), cpu,
                                                      kLarger, kmes::RingAccess::Producer);
        auto counters = SequenceCounters::map(machine.keeper.at("ring.counters").get());
        auto writer =
            kmes::RingWriter::resume(std::move(old_map).value(), counters.value()->cell(cpu));
        if (steps-- == 0) {
            return;
        }
        auto next = writer.value()->makeSuccessor(std::move(new_map).value());
        if (steps-- == 0) {
            return;
        }
        writer.value()->retire();
    }
}

TEST_CASE("resize: dying between any two steps of the swap leaves one consistent set of rings") {
    for (int steps = 0; steps <= 4; ++steps) {
        CAPTURE(steps);
        RingMachine machine;
        auto rings = machine.startKmesd();
        emitNumbered(*rings, 0, 3);
        emitNumbered(*rings, 1, 4);
        const auto first = RingMachine::attach(*rings, 0);
        const auto second = RingMachine::attach(*rings, 1);
        machine.keeper.park(parkedOf(rings->prepareResize(kLarger).value()).value());
        rings.reset();
        resizePartly(machine, steps);

        auto successor = machine.startKmesd();
        CHECK(successor->capacity() == kLarger);
        CHECK(first->generation() == 2);
        CHECK(second->generation() == 2);
        emitNumbered(*successor, 0, 1);
        emitNumbered(*successor, 1, 1);
        CHECK(sequencesOf(*RingMachine::attach(*successor, 0)) == upTo(1, 4));
        CHECK(sequencesOf(*RingMachine::attach(*successor, 1)) == upTo(1, 5));
        CHECK(RingMachine::attach(*successor, 0)->generation() == 2);
        CHECK(machine.keeper.names() ==
              std::vector<std::string>{"ring.0.2.consumer", "ring.0.2.producer",
                                       "ring.1.2.consumer", "ring.1.2.producer", "ring.counters"});
    }
}

TEST_CASE("resize: dying before the old memories are unparked brings them back to nobody") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 3);
    auto prepared = rings->prepareResize(kLarger).value();
    machine.keeper.park(parkedOf(prepared).value());
    REQUIRE(rings->commitResize(std::move(prepared)).ok());
    emitNumbered(*rings, 0, 2);
    rings.reset();
    machine.keeper.unpark({"ring.1.1."});
    auto successor = machine.startKmesd();
    emitNumbered(*successor, 0, 1);
    CHECK(sequencesOf(*RingMachine::attach(*successor, 0)) == upTo(1, 6));
    CHECK(machine.keeper.names().size() == 5);
}

TEST_CASE("resize: shrinking keeps the newest events that fit") {
    RingMachine machine;
    machine.capacity = kLarger;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 0, 1200);
    const auto before = sequencesOf(*RingMachine::attach(*rings, 0));
    auto prepared = rings->prepareResize(kmes::kRingCapacityMin).value();
    REQUIRE(rings->commitResize(std::move(prepared)).ok());
    const auto after = sequencesOf(*RingMachine::attach(*rings, 0));
    CHECK(before.size() > after.size());
    CHECK(after == upTo(1200 - after.size() + 1, 1200));
}

TEST_CASE("ring set: consumers cannot map the producer memory for writing") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    const auto attachment = rings->attachment(0);
    CHECK(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, attachment.producer_fd, 0) ==
          MAP_FAILED);
    CHECK(::pwrite(attachment.producer_fd, "x", 1, 0) < 0);
}

TEST_CASE("ring set: figures tell capacity, use, events and the next number of each ring") {
    RingMachine machine;
    auto rings = machine.startKmesd();
    emitNumbered(*rings, 1, 4);
    const auto figures = rings->figures();
    REQUIRE(figures.size() == 2);
    CHECK(figures[0].used_bytes == 0);
    CHECK(figures[1].events == 4);
    CHECK(figures[1].next_sequence == 5);
    CHECK(figures[1].used_bytes == 4 * (kmes::kEventHeaderBytes + 10 + 4));
    CHECK(figures[1].capacity == machine.capacity);
}

}  // namespace
}  // namespace evd::collector
