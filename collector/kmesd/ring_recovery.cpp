// What a crash can leave of one cpu, and what is made of it:
//
//   nothing, or halves         a fresh ring in new memory
//   one blank memory           the crash came before the first event: the fresh ring goes there
//   one ring                   goes on
//   a ring and a newer         a resize had parked its memories. If every cpu is that far (or
//   blank memory               further), it is completed; else the blank memories are dropped
//   a ring and a newer ring    the crash came after this ring's swap: the newer one is it, and the
//                              older one is retired (again), so that no consumer stays
//
// A memory is blank until the very last store of its making, the magic, so that a copy of events
// that was cut short is never taken for a ring. Everything decided here is derived from the
// memories alone; there is no other state that could disagree with them.

#include "collector/kmesd/ring_recovery.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <sys/stat.h>

#include <algorithm>

namespace evd::collector {

using base::Result;
using kmes::RingAccess;
using kmes::RingMapping;
using kmes::RingWriter;

namespace {

uint64_t capacityOf(int producer_fd) {
    struct stat found {};
    if (::fstat(producer_fd, &found) != 0 ||
        found.st_size < static_cast<off_t>(kmes::kRingPageBytes)) {
        return 0;
    }
    return static_cast<uint64_t>(found.st_size) - kmes::kRingPageBytes;
}

bool isBlank(RingMapping& mapping) {
    const auto& magic = mapping.writableProducer().magic;
    return std::all_of(magic.begin(), magic.end(), [](uint8_t byte) { return byte == 0; });
}

// Of what was adopted: it will never be a ring. Anything else is want of memory, and the events in
// it are not lost yet.
bool isDamage(const base::Error& error) {
    return error.kind == base::ErrorKind::Invalid || error.kind == base::ErrorKind::Corrupt;
}

// Tells the consumers of a ring that was replaced before the crash, unless they were told already.
void retireOlder(std::unique_ptr<RingMapping> mapping, uint64_t live_generation) {
    if (mapping->generation() >= live_generation) {
        return;
    }
    SequenceCounters::Cell unused{0};  // the newer ring has all numbers
    auto writer = RingWriter::resume(std::move(mapping), unused);
    if (writer.ok()) {
        writer.value()->retire();
    }
}

}  // namespace

bool RingRecovery::adopt(std::string_view name, base::Fd fd) {
    if (name == kCountersName) {
        counters_fd_ = std::move(fd);
        return true;
    }
    const auto ring = parseRingName(name);
    if (!ring.has_value()) {
        return false;
    }
    kmes::RingMemories& memories = adopted_[ring->cpu][ring->serial];
    (ring->part == RingName::Part::Producer ? memories.producer : memories.consumer) =
        std::move(fd);
    return true;
}

Result<std::vector<ParkedMemory>> RingRecovery::prepare() {
    EVD_CHECK(options_.ring_count >= 1 && options_.ring_count <= kRingsMax, "1 to kRingsMax rings");
    std::vector<ParkedMemory> to_park;
    EVD_TRY(prepareCounters(to_park));
    const size_t left = adopted_.empty() ? 0 : size_t{adopted_.rbegin()->first} + 1;
    rings_.resize(std::max<size_t>(options_.ring_count, left));
    // Rings are all of one capacity: new ones take that of those that are there.
    for (size_t cpu = 0; cpu < rings_.size(); ++cpu) {
        auto ring = sortOut(static_cast<uint16_t>(cpu));
        if (!ring) {
            return ring.error();
        }
        rings_[cpu] = std::move(ring).value();
        if (rings_[cpu].live) {
            options_.capacity = rings_[cpu].live->mapping->capacity();
        }
    }
    for (size_t cpu = 0; cpu < rings_.size(); ++cpu) {
        if (!rings_[cpu].live && !rings_[cpu].blank) {
            EVD_TRY(makeFresh(static_cast<uint16_t>(cpu), rings_[cpu], to_park));
        }
    }
    return to_park;
}

Result<std::unique_ptr<RingSet>> RingRecovery::finish() {
    const bool completes_resize = resizeHadBegun();
    std::vector<RingSlot> slots;
    for (size_t index = 0; index < rings_.size(); ++index) {
        const auto cpu = static_cast<uint16_t>(index);
        Ring& ring = rings_[index];
        auto slot = startRing(cpu, ring);
        if (!slot.ok()) {
            return slot.error();
        }
        if (ring.blank && completes_resize) {
            auto read_only = reopenReadOnly(options_.proc_fd, ring.blank->fds.producer.get());
            if (!read_only.ok()) {
                return read_only.error();
            }
            unneeded_.push_back(ringPrefix(cpu, slot.value().serial));
            slots.push_back(swapRing(std::move(slot).value(), std::move(ring.blank->mapping),
                                     std::move(read_only).value(),
                                     std::move(ring.blank->fds.consumer), ring.blank->serial));
            continue;
        }
        if (ring.blank) {
            drop(cpu, *ring.blank);
        }
        slots.push_back(std::move(slot).value());
    }
    return std::make_unique<RingSet>(std::move(counters_), std::move(slots), options_.proc_fd);
}

size_t RingRecovery::resumedCount() const {
    return static_cast<size_t>(std::count_if(
        rings_.begin(), rings_.end(), [](const Ring& ring) { return ring.live.has_value(); }));
}

Result<void> RingRecovery::prepareCounters(std::vector<ParkedMemory>& to_park) {
    if (counters_fd_.valid()) {
        auto adopted = SequenceCounters::map(counters_fd_.get());
        if (adopted.ok()) {
            counters_ = std::move(adopted).value();
            return {};
        }
        if (!isDamage(adopted.error())) {
            return adopted.error();
        }
        // Too short to be ours: start over; the rings that go on raise their counters themselves.
    }
    auto memory = SequenceCounters::makeMemory();
    if (!memory.ok()) {
        return memory.error();
    }
    auto counters = SequenceCounters::map(memory.value().get());
    if (!counters.ok()) {
        return counters.error();
    }
    counters_ = std::move(counters).value();
    to_park.push_back({std::string(kCountersName), std::move(memory).value()});
    return {};
}

Result<RingRecovery::Ring> RingRecovery::sortOut(uint16_t cpu) {
    Ring ring;
    const auto found = adopted_.find(cpu);
    if (found == adopted_.end()) {
        return ring;
    }
    for (auto newest = found->second.rbegin(); newest != found->second.rend(); ++newest) {
        ring.serial_max = std::max(ring.serial_max, newest->first);
        EVD_TRY(sortIn(ring, cpu, {newest->first, std::move(newest->second), nullptr}));
    }
    if (ring.live && ring.blank && ring.blank->serial < ring.live->serial) {
        drop(cpu, *ring.blank);  // older than the ring: nothing of a resize
        ring.blank.reset();
    }
    return ring;
}

Result<void> RingRecovery::sortIn(Ring& ring, uint16_t cpu, Memory memory) {
    if (!memory.fds.producer.valid() || !memory.fds.consumer.valid()) {
        drop(cpu, memory);
        return {};
    }
    const uint64_t capacity = capacityOf(memory.fds.producer.get());
    auto mapping = RingMapping::mapMemories(memory.fds.producer.get(), memory.fds.consumer.get(),
                                            cpu, capacity, RingAccess::Producer);
    if (!mapping.ok()) {
        if (!isDamage(mapping.error())) {
            return mapping.error();
        }
        drop(cpu, memory);
        return {};
    }
    memory.mapping = std::move(mapping).value();
    if (isBlank(*memory.mapping) && !ring.blank) {
        ring.blank = std::move(memory);
    } else if (!memory.mapping->verify().ok() || ring.older) {
        drop(cpu, memory);
    } else if (!ring.live) {
        ring.live = std::move(memory);
    } else {
        ring.older = std::move(memory);
    }
    return {};
}

Result<void> RingRecovery::makeFresh(uint16_t cpu, Ring& ring, std::vector<ParkedMemory>& to_park) {
    auto memories = kmes::makeRingMemories(options_.capacity);
    if (!memories.ok()) {
        return memories.error();
    }
    Memory memory{ring.serial_max + 1, std::move(memories).value(), nullptr};
    EVD_TRY(addParked(to_park, cpu, memory.serial, memory.fds));
    auto mapping = RingMapping::mapMemories(memory.fds.producer.get(), memory.fds.consumer.get(),
                                            cpu, options_.capacity, RingAccess::Producer);
    if (!mapping.ok()) {
        return mapping.error();
    }
    memory.mapping = std::move(mapping).value();
    ring.blank = std::move(memory);
    return {};
}

// Memories are parked before the first ring is swapped, and old ones are unparked after the last.
// So if every cpu has a swapped ring or a blank memory waiting, all were parked.
bool RingRecovery::resizeHadBegun() const {
    return std::all_of(rings_.begin(), rings_.end(),
                       [](const Ring& ring) { return ring.live && (ring.blank || ring.older); });
}

Result<RingSlot> RingRecovery::startRing(uint16_t cpu, Ring& ring) {
    for (const wire::ResumePoint& point : options_.resume) {
        if (point.cpu == cpu) {
            counters_->raiseAbove(cpu, point.sequence);
        }
    }
    SequenceCounters::Cell& cell = counters_->cell(cpu);
    const bool is_fresh = !ring.live;
    Memory memory = is_fresh ? std::move(*ring.blank) : std::move(*ring.live);
    auto read_only = reopenReadOnly(options_.proc_fd, memory.fds.producer.get());
    if (!read_only.ok()) {
        return read_only.error();
    }
    RingSlot slot;
    slot.producer_read_only = std::move(read_only).value();
    slot.consumer = std::move(memory.fds.consumer);
    slot.serial = memory.serial;
    if (is_fresh) {
        ring.blank.reset();
        slot.writer = RingWriter::startFresh(std::move(memory.mapping), cell);
        return slot;
    }
    const uint64_t generation = memory.mapping->generation();
    auto writer = RingWriter::resume(std::move(memory.mapping), cell);
    if (!writer.ok()) {
        return writer.error();
    }
    slot.writer = std::move(writer).value();
    if (ring.older) {
        drop(cpu, *ring.older);
        retireOlder(std::move(ring.older->mapping), generation);
    }
    return slot;
}

void RingRecovery::drop(uint16_t cpu, const Memory& memory) {
    unneeded_.push_back(ringPrefix(cpu, memory.serial));
}

}  // namespace evd::collector
