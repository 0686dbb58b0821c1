#pragma once

#include "collector/ring/event_batch.h"
#include "collector/ring/ring_source.h"
#include "common/base/interval_set.h"
#include "common/kmes/event_header.h"
#include "tests/support/test_ring.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <atomic>
#include <map>
#include <vector>

namespace evd::test {

// A source over test rings; attaching finds what TestRing says is current. Any thread.
class TestRingSource final : public collector::RingSource {
  public:
    explicit TestRingSource(TestRing& ring) : ring_(ring) {}

    base::Result<collector::FoundRing> attach(uint16_t cpu) override {
        if (failing_) {
            return base::fail(base::ErrorKind::Gone, "the test says that KMES is gone");
        }
        const auto attached = ring_.attach();
        auto mapping = kmes::RingMapping::mapMemories(
            attached.memories.producer.get(), attached.memories.consumer.get(), cpu,
            attached.capacity, kmes::RingAccess::Consumer);
        REQUIRE(mapping.ok());
        return collector::FoundRing{std::move(mapping).value(), identityOf(attached), 0};
    }
    base::Result<collector::RingIdentity> identify(uint16_t) override {
        if (failing_) {
            return base::fail(base::ErrorKind::Gone, "the test says that KMES is gone");
        }
        return identityOf(ring_.attach());
    }
    uint64_t connectionCount() const override { return connection_count_; }

    void failFromNowOn(bool failing) { failing_ = failing; }
    void noteNewConnection() { ++connection_count_; }

  private:
    static collector::RingIdentity identityOf(const TestRing::Attached& attached) {
        struct stat found {};
        REQUIRE(::fstat(attached.memories.producer.get(), &found) == 0);
        return {found.st_dev, found.st_ino};
    }

    TestRing& ring_;
    std::atomic<bool> failing_ = false;
    std::atomic<uint64_t> connection_count_ = 1;
};

// The store as a set: takes batches, insists on what a batch promises, and knows at any time which
// numbers are accounted for. Everything must be taken exactly once unless `twice` is allowed.
class StoreModel {
  public:
    enum class Twice { Forbidden, Allowed };
    explicit StoreModel(Twice twice = Twice::Forbidden) : twice_(twice) {}

    void take(const collector::EventBatch& batch) {
        take(batch.cpu, batch.first_sequence, batch.last_sequence, batch.event_count, batch.gaps,
             batch.events.bytes());
    }

    void take(uint16_t cpu, uint64_t first, uint64_t last, uint32_t event_count,
              const std::vector<wire::Gap>& gaps, std::span<const uint8_t> events) {
        base::IntervalSet covered;
        for (const auto& gap : gaps) {
            REQUIRE(gap.first_missing <= gap.last_missing);
            REQUIRE_FALSE(covered.intersects({gap.first_missing, gap.last_missing}));
            covered.add({gap.first_missing, gap.last_missing});
            addTo(lost_[cpu], {gap.first_missing, gap.last_missing});
        }
        uint32_t count = 0;
        while (!events.empty()) {
            const auto header = kmes::decodeEventHeader(events);
            REQUIRE(header.ok());
            const uint64_t sequence = header.value().sequence;
            REQUIRE(header.value().cpu == cpu);
            REQUIRE(checkedPayloadIsWhole(sequence, kmes::eventPayload(header.value(), events)));
            REQUIRE_FALSE(covered.contains(sequence));
            covered.add({sequence, sequence});
            addTo(stored_[cpu], {sequence, sequence});
            events = events.subspan(header.value().event_bytes);
            ++count;
        }
        REQUIRE(count == event_count);
        // Together events and gaps cover the range without holes.
        REQUIRE(covered.intervals() == std::vector<base::Interval>{{first, last}});
    }

    // What a collector that says hello is told.
    base::IntervalSet held(uint16_t cpu = 0) const {
        base::IntervalSet all = setOf(stored_, cpu);
        for (const auto& interval : setOf(lost_, cpu).intervals()) {
            all.add(interval);
        }
        return all;
    }
    base::IntervalSet stored(uint16_t cpu = 0) const { return setOf(stored_, cpu); }
    base::IntervalSet lost(uint16_t cpu = 0) const { return setOf(lost_, cpu); }

    uint64_t lostCount(uint16_t cpu = 0) const {
        uint64_t count = 0;
        for (const auto& interval : lost(cpu).intervals()) {
            count += interval.last - interval.first + 1;
        }
        return count;
    }

    // Everything from 1 to `last` is stored or recorded as lost, and nothing is both.
    void checkAccountedThrough(uint64_t last, uint16_t cpu = 0) const {
        if (last == 0) {
            CHECK(held(cpu).empty());
            return;
        }
        CHECK(held(cpu).intervals() == std::vector<base::Interval>{{1, last}});
        for (const auto& interval : lost(cpu).intervals()) {
            CHECK_FALSE(stored(cpu).intersects(interval));
        }
    }

  private:
    using Sets = std::map<uint16_t, base::IntervalSet>;

    static base::IntervalSet setOf(const Sets& sets, uint16_t cpu) {
        const auto found = sets.find(cpu);
        return found == sets.end() ? base::IntervalSet() : found->second;
    }
    void addTo(base::IntervalSet& set, base::Interval interval) {
        if (twice_ == Twice::Forbidden) {
            REQUIRE_FALSE(set.intersects(interval));
        }
        set.add(interval);
    }

    Twice twice_;
    Sets stored_;
    Sets lost_;
};

}  // namespace evd::test
