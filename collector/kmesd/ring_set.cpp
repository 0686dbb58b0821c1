#include "collector/kmesd/ring_set.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace evd::collector {

using base::Result;
using kmes::RingAccess;
using kmes::RingMapping;

namespace {

constexpr mode_t kRingMemoryMode = 0400;

uint64_t leastCapacityOf(const std::vector<RingSlot>& slots) {
    uint64_t least = kmes::kRingCapacityMax;
    for (const RingSlot& slot : slots) {
        least = std::min(least, slot.writer->mapping().capacity());
    }
    return least;
}

}  // namespace

RingSet::RingSet(std::unique_ptr<SequenceCounters> counters, std::vector<RingSlot> slots,
                 int proc_fd)
    : counters_(std::move(counters)),
      slots_(std::move(slots)),
      events_(slots_.size(), 0),
      capacity_(leastCapacityOf(slots_)),
      proc_fd_(proc_fd) {
    EVD_CHECK(!slots_.empty() && slots_.size() <= kRingsMax, "1 to kRingsMax rings");
}

Result<void> RingSet::append(uint16_t cpu, const kmes::EventStamp& stamp,
                             std::span<const kmes::EmitEntry> entries) {
    const std::lock_guard lock(mutex_);
    EVD_CHECK(cpu < slots_.size(), "no such ring");
    EVD_TRY(slots_[cpu].writer->append(stamp, entries));
    events_[cpu] += entries.size();
    return {};
}

RingSet::Attachment RingSet::attachment(uint16_t cpu) const {
    const std::lock_guard lock(mutex_);
    EVD_CHECK(cpu < slots_.size(), "no such ring");
    const RingSlot& slot = slots_[cpu];
    return {slot.writer->mapping().capacity(), slot.producer_read_only.get(), slot.consumer.get()};
}

Result<PreparedResize> RingSet::prepareResize(uint64_t capacity) const {
    PreparedResize prepared;
    prepared.capacity = capacity;
    const std::lock_guard lock(mutex_);
    for (const RingSlot& slot : slots_) {
        auto memories = kmes::makeRingMemories(capacity);
        if (!memories.ok()) {
            return memories.error();
        }
        const uint64_t serial = std::max(slot.serial, slot.writer->mapping().generation()) + 1;
        prepared.rings.push_back({serial, std::move(memories).value()});
    }
    return prepared;
}

Result<std::vector<std::string>> RingSet::commitResize(PreparedResize prepared) {
    const std::lock_guard lock(mutex_);
    EVD_CHECK(prepared.rings.size() == slots_.size(), "a resize replaces every ring");
    struct Next {
        std::unique_ptr<RingMapping> mapping;
        base::Fd read_only;
    };
    std::vector<Next> next;
    for (size_t cpu = 0; cpu < slots_.size(); ++cpu) {
        const auto& memories = prepared.rings[cpu].memories;
        auto mapping = RingMapping::mapMemories(memories.producer.get(), memories.consumer.get(),
                                                static_cast<uint16_t>(cpu), prepared.capacity,
                                                RingAccess::Producer);
        if (!mapping.ok()) {
            return mapping.error();
        }
        auto read_only = reopenReadOnly(proc_fd_, memories.producer.get());
        if (!read_only.ok()) {
            return read_only.error();
        }
        next.push_back({std::move(mapping).value(), std::move(read_only).value()});
    }
    std::vector<std::string> unneeded;
    for (size_t cpu = 0; cpu < slots_.size(); ++cpu) {
        unneeded.push_back(ringPrefix(static_cast<uint16_t>(cpu), slots_[cpu].serial));
        slots_[cpu] = swapRing(
            std::move(slots_[cpu]), std::move(next[cpu].mapping), std::move(next[cpu].read_only),
            std::move(prepared.rings[cpu].memories.consumer), prepared.rings[cpu].serial);
    }
    capacity_ = prepared.capacity;
    return unneeded;
}

std::vector<RingFigures> RingSet::figures() const {
    const std::lock_guard lock(mutex_);
    std::vector<RingFigures> all;
    for (size_t cpu = 0; cpu < slots_.size(); ++cpu) {
        const kmes::RingWriter& writer = *slots_[cpu].writer;
        const RingMapping& mapping = writer.mapping();
        all.push_back({mapping.capacity(), mapping.writePosition() - mapping.tailPosition(),
                       events_[cpu], writer.nextSequence(), mapping.generation()});
    }
    return all;
}

Result<base::Fd> reopenReadOnly(int proc_fd, int memory_fd) {
    // Otherwise a consumer that may open /proc/self/fd could open the memory for writing again: its
    // mode is of no use to us, who hold it open already.
    if (::fchmod(memory_fd, kRingMemoryMode) != 0) {
        return base::failErrno("cannot close a ring's memory to writers", errno);
    }
    const std::string path = base::cat("self/fd/", memory_fd);
    base::Fd fd(::openat(proc_fd, path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) {
        return base::failErrno("cannot open a ring's memory for reading", errno);
    }
    return fd;
}

RingSlot swapRing(RingSlot current, std::unique_ptr<RingMapping> next, base::Fd read_only,
                  base::Fd consumer, uint64_t serial) {
    RingSlot slot;
    slot.writer = current.writer->makeSuccessor(std::move(next));
    slot.producer_read_only = std::move(read_only);
    slot.consumer = std::move(consumer);
    slot.serial = serial;
    current.writer->retire();
    return slot;
}

Result<void> addParked(std::vector<ParkedMemory>& out, uint16_t cpu, uint64_t serial,
                       const kmes::RingMemories& memories) {
    for (const auto part : {RingName::Part::Producer, RingName::Part::Consumer}) {
        const base::Fd& fd =
            part == RingName::Part::Producer ? memories.producer : memories.consumer;
        auto copy = fd.duplicate();
        if (!copy.ok()) {
            return copy.error();
        }
        out.push_back({formatRingName({cpu, serial, part}), std::move(copy).value()});
    }
    return {};
}

Result<std::vector<ParkedMemory>> parkedOf(const PreparedResize& prepared) {
    std::vector<ParkedMemory> parked;
    for (size_t cpu = 0; cpu < prepared.rings.size(); ++cpu) {
        EVD_TRY(addParked(parked, static_cast<uint16_t>(cpu), prepared.rings[cpu].serial,
                          prepared.rings[cpu].memories));
    }
    return parked;
}

std::vector<std::string> prefixesOf(const PreparedResize& prepared) {
    std::vector<std::string> prefixes;
    for (size_t cpu = 0; cpu < prepared.rings.size(); ++cpu) {
        prefixes.push_back(ringPrefix(static_cast<uint16_t>(cpu), prepared.rings[cpu].serial));
    }
    return prefixes;
}

}  // namespace evd::collector
