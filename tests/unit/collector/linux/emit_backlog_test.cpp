#include "collector/linux/emit_backlog.h"

#include "tests/unit/collector/linux/fake_emit_client.h"

#include <doctest/doctest.h>

namespace evd::collector {
namespace {

using Outcome = EmitBacklog::Outcome;

struct Fixture {
    std::shared_ptr<EmittedEvents> emitted = std::make_shared<EmittedEvents>();
    FakeEmitClient client{emitted};
    EmitBacklog backlog{1000};

    void push(uint8_t first, uint8_t last) {
        for (unsigned number = first; number <= last; ++number) {
            backlog.push({kProcessExec, {static_cast<uint8_t>(number)}});
        }
    }
    std::vector<int> numbers() const {
        std::vector<int> all;
        for (const auto& event : emitted->events) {
            all.push_back(event.second[0]);
        }
        return all;
    }
    void refuseFrom(uint8_t number, base::ErrorKind kind) {
        emitted->refuse =
            [=](std::span<const kmes::EmitEntry> entries) -> std::optional<kmes::BatchOutcome> {
            for (size_t i = 0; i < entries.size(); ++i) {
                if (entries[i].payload[0] == number) {
                    return kmes::BatchOutcome{i, base::fail(kind, "refused")};
                }
            }
            return std::nullopt;
        };
    }
};

TEST_CASE_FIXTURE(Fixture, "backlog: events leave in order, in batches of at most 256") {
    push(0, 255);
    push(0, 99);
    CHECK(backlog.flush(client) == Outcome::Empty);
    CHECK(emitted->batch_sizes == std::vector<size_t>{256, 100});
    CHECK(backlog.emittedCount() == 356);
    CHECK(backlog.count() == 0);
    CHECK(backlog.flush(client) == Outcome::Empty);
    CHECK(emitted->batch_sizes.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "backlog: at its maximum the oldest goes and is counted") {
    EmitBacklog small(3);
    for (uint8_t number = 1; number <= 5; ++number) {
        small.push({kProcessExec, {number}});
    }
    CHECK(small.count() == 3);
    CHECK(small.droppedCount() == 2);
    CHECK(small.flush(client) == Outcome::Empty);
    CHECK(numbers() == std::vector<int>{3, 4, 5});
}

TEST_CASE_FIXTURE(Fixture,
                  "backlog: what KMES refuses for what it is is dropped, the rest goes on") {
    push(1, 4);
    refuseFrom(2, base::ErrorKind::Invalid);
    CHECK(backlog.flush(client) == Outcome::Empty);
    CHECK(numbers() == std::vector<int>{1, 3, 4});
    CHECK(backlog.refusedCount() == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "backlog: while KMES is busy the rest waits, nothing is lost or doubled") {
    push(1, 4);
    refuseFrom(3, base::ErrorKind::Busy);
    CHECK(backlog.flush(client) == Outcome::Later);
    CHECK(backlog.count() == 2);
    CHECK(backlog.flush(client) == Outcome::Later);
    emitted->refuse = nullptr;
    CHECK(backlog.flush(client) == Outcome::Empty);
    CHECK(numbers() == std::vector<int>{1, 2, 3, 4});
    CHECK(backlog.droppedCount() == 0);
}

TEST_CASE_FIXTURE(Fixture, "backlog: when the connection is gone events wait for the next one") {
    push(1, 2);
    refuseFrom(1, base::ErrorKind::Gone);
    CHECK(backlog.flush(client) == Outcome::Away);
    CHECK(backlog.count() == 2);
    auto next = std::make_shared<EmittedEvents>();
    FakeEmitClient next_client(next);
    CHECK(backlog.flush(next_client) == Outcome::Empty);
    CHECK(next->events.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "backlog: a KMES that takes everything and still refuses does no harm") {
    push(0, 2);
    emitted->refuse = [](std::span<const kmes::EmitEntry> entries) {
        return kmes::BatchOutcome{entries.size(),
                                  base::fail(base::ErrorKind::Invalid, "all, and yet refused")};
    };
    CHECK(backlog.flush(client) == Outcome::Empty);
    CHECK(backlog.count() == 0);
    CHECK(backlog.emittedCount() == 3);
    CHECK(backlog.refusedCount() == 0);
}

}  // namespace
}  // namespace evd::collector
