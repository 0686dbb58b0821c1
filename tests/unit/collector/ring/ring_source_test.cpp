#include "collector/ring/ring_source.h"

#include "tests/unit/collector/ring/ring_fixture.h"

#include <doctest/doctest.h>
#include <limits>
#include <memory>
#include <vector>

namespace evd {
namespace {

using collector::FoundRing;
using test::TestRing;
using test::TestRingSource;

// A machine of that many cpus, each with a ring of its own.
class Machine final : public collector::RingSource {
  public:
    explicit Machine(uint16_t cpus) {
        for (uint16_t cpu = 0; cpu < cpus; ++cpu) {
            rings_.push_back(std::make_unique<TestRing>(kmes::kRingCapacityMin, cpu));
            sources_.push_back(std::make_unique<TestRingSource>(*rings_.back()));
        }
    }
    base::Result<FoundRing> attach(uint16_t cpu) override {
        asked.push_back(cpu);
        if (cpu == busy_cpu) {
            return base::fail(base::ErrorKind::Busy, "the test says that KMES is not ready");
        }
        return cpu < sources_.size()
                   ? sources_[cpu]->attach(cpu)
                   : base::Result<FoundRing>(base::fail(base::ErrorKind::NotFound, "EINVAL"));
    }
    base::Result<collector::RingIdentity> identify(uint16_t cpu) override {
        return sources_.at(cpu)->identify(cpu);
    }

    std::vector<uint16_t> asked;
    uint16_t busy_cpu = std::numeric_limits<uint16_t>::max();

  private:
    std::vector<std::unique_ptr<TestRing>> rings_;
    std::vector<std::unique_ptr<TestRingSource>> sources_;
};

}  // namespace

TEST_CASE("ring source: cpus are asked for in turn until there are no more (Spec §2.2)") {
    Machine machine(3);
    std::vector<FoundRing> found;
    CHECK(collector::attachMore(machine, 1024, found).ok());
    CHECK(found.size() == 3);
    CHECK(machine.asked == std::vector<uint16_t>{0, 1, 2, 3});
}

TEST_CASE("ring source: a source that never says that there are no more is not believed (K3)") {
    Machine machine(4);
    std::vector<FoundRing> found;
    CHECK(collector::attachMore(machine, 3, found).ok());
    CHECK(found.size() == 3);
    CHECK(machine.asked == std::vector<uint16_t>{0, 1, 2});
}

TEST_CASE("ring source: a machine without rings is an error") {
    Machine machine(0);
    std::vector<FoundRing> found;
    const auto none = collector::attachMore(machine, 1024, found);
    REQUIRE_FALSE(none.ok());
    CHECK(none.error().kind == base::ErrorKind::NotFound);
}

TEST_CASE("ring source: what was found before KMES was busy stays, the rest is found later") {
    Machine machine(3);
    machine.busy_cpu = 1;
    std::vector<FoundRing> found;
    const auto busy = collector::attachMore(machine, 1024, found);
    REQUIRE_FALSE(busy.ok());
    CHECK(busy.error().kind == base::ErrorKind::Busy);
    CHECK(found.size() == 1);
    machine.busy_cpu = std::numeric_limits<uint16_t>::max();
    CHECK(collector::attachMore(machine, 1024, found).ok());
    CHECK(found.size() == 3);
    CHECK(machine.asked == std::vector<uint16_t>{0, 1, 1, 2, 3});
}

}  // namespace evd
