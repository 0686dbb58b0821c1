#include "common/base/bounded_queue.h"

#include "common/base/thread.h"

#include <doctest/doctest.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

using evd::base::BoundedQueue;
using evd::base::Thread;
using std::chrono::nanoseconds;

namespace {

// Long enough never to pass by itself; a test that waits, waits for an event.
constexpr std::chrono::seconds kForEver{60};

}  // namespace

TEST_CASE("bounded queue: items come out in the order they went in") {
    BoundedQueue<int> queue(10, 100);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(queue.push(i, 1, 1));
    }
    CHECK(queue.tryPop() == 0);
    CHECK(queue.tryPop() == 1);
    CHECK(queue.tryPop() == 2);
    CHECK(queue.tryPop() == std::nullopt);
}

TEST_CASE("bounded queue: is full exactly at its count and at its bytes") {
    BoundedQueue<int> queue(4, 100);
    int item = 1;
    CHECK(queue.tryPush(item, 3, 10));
    CHECK_FALSE(queue.tryPush(item, 2, 10));
    CHECK(queue.tryPush(item, 1, 90));
    CHECK(queue.count() == 4);
    CHECK(queue.bytes() == 100);
    CHECK_FALSE(queue.tryPush(item, 0, 1));
    CHECK(queue.tryPush(item, 0, 0));
    (void)queue.tryPop();
    CHECK(queue.count() == 1);
    CHECK(queue.bytes() == 90);
    CHECK_FALSE(queue.tryPush(item, 1, 11));
    CHECK(queue.tryPush(item, 1, 10));
}

TEST_CASE("bounded queue: an item larger than the queue passes when the queue is empty") {
    BoundedQueue<int> queue(4, 100);
    int item = 1;
    CHECK(queue.tryPush(item, 5, 101));
    CHECK_FALSE(queue.tryPush(item, 1, 1));
    CHECK(queue.tryPop() == 1);
    CHECK(queue.tryPush(item, 1, 1));
    CHECK_FALSE(queue.tryPush(item, 5, 1));
}

TEST_CASE("bounded queue: a refused item stays with its owner") {
    BoundedQueue<std::unique_ptr<int>> queue(1, 1);
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);
    REQUIRE(queue.tryPush(first, 1, 1));
    CHECK(first == nullptr);
    CHECK_FALSE(queue.tryPush(second, 1, 1));
    REQUIRE(second != nullptr);
    CHECK(*second == 2);
}

TEST_CASE("bounded queue: after closing nothing enters and what is in drains") {
    BoundedQueue<int> queue(10, 100);
    REQUIRE(queue.push(1, 1, 1));
    queue.close();
    int item = 2;
    CHECK(queue.closed());
    CHECK_FALSE(queue.push(2, 1, 1));
    CHECK_FALSE(queue.tryPush(item, 1, 1));
    CHECK(queue.pop(kForEver) == 1);
    CHECK(queue.pop(kForEver) == std::nullopt);
    CHECK(queue.count() == 0);
    CHECK(queue.bytes() == 0);
}

TEST_CASE("bounded queue: a pop without patience returns at once") {
    BoundedQueue<int> queue(1, 1);
    CHECK(queue.pop(nanoseconds(0)) == std::nullopt);
    CHECK(queue.pop(nanoseconds(-5)) == std::nullopt);
}

TEST_CASE("bounded queue: the longest timeout there is waits for an item") {
    constexpr int kRounds = 50;  // enough that the consumer is first in some of them
    for (int round = 0; round < kRounds; ++round) {
        BoundedQueue<int> queue(1, 1);
        std::optional<int> seen;
        {
            const Thread consumer("consumer", [&] { seen = queue.pop(nanoseconds::max()); });
            REQUIRE(queue.push(round, 1, 1));
        }
        REQUIRE(seen == round);
    }
}

TEST_CASE("bounded queue: a waiting producer goes on when room is made") {
    BoundedQueue<int> queue(1, 10);
    REQUIRE(queue.push(1, 1, 1));
    std::atomic<bool> accepted = false;
    {
        const Thread producer("producer", [&] { accepted = queue.push(2, 1, 1); });
        CHECK(queue.pop(kForEver) == 1);
        CHECK(queue.pop(kForEver) == 2);
    }
    CHECK(accepted);
}

TEST_CASE("bounded queue: a waiting producer goes on when the limits grow") {
    BoundedQueue<int> queue(1, 10);
    REQUIRE(queue.push(1, 1, 1));
    std::atomic<bool> accepted = false;
    {
        const Thread producer("producer", [&] { accepted = queue.push(2, 1, 1); });
        queue.setLimits(2, 10);
    }
    CHECK(accepted);
    CHECK(queue.count() == 2);
}

TEST_CASE("bounded queue: lower limits keep what is in and refuse what comes") {
    BoundedQueue<int> queue(4, 100);
    REQUIRE(queue.push(1, 4, 4));
    queue.setLimits(2, 100);
    int item = 2;
    CHECK(queue.count() == 4);
    CHECK_FALSE(queue.tryPush(item, 1, 1));
    (void)queue.tryPop();
    CHECK(queue.tryPush(item, 1, 1));
}

TEST_CASE("bounded queue: closing releases a waiting producer and a waiting consumer") {
    BoundedQueue<int> full(1, 1);
    BoundedQueue<int> empty(1, 1);
    REQUIRE(full.push(1, 1, 1));
    std::atomic<bool> accepted = true;
    std::optional<int> popped = 7;
    {
        const Thread producer("producer", [&] { accepted = full.push(2, 1, 1); });
        const Thread consumer("consumer", [&] { popped = empty.pop(kForEver); });
        full.close();
        empty.close();
    }
    CHECK_FALSE(accepted);
    CHECK(popped == std::nullopt);
}

TEST_CASE("bounded queue: wake ends one wait, before or while it waits") {
    BoundedQueue<int> queue(4, 64);
    queue.wake();
    CHECK_FALSE(queue.pop(kForEver));
    Thread waker("waker", [&queue] { queue.wake(); });
    CHECK_FALSE(queue.pop(kForEver));
    int item = 7;
    REQUIRE(queue.tryPush(item, 1, 1));
    queue.wake();
    CHECK(queue.pop(kForEver) == 7);  // what is there comes first
    CHECK_FALSE(queue.closed());
}

TEST_CASE(
    "bounded queue: nothing is lost, doubled or reordered between many producers and one "
    "consumer") {
    constexpr uint32_t kProducers = 4;
    constexpr uint32_t kItemsEach = 5000;
    struct Item {
        uint32_t producer;
        uint32_t number;
    };
    BoundedQueue<Item> queue(16, 64);
    std::vector<uint32_t> next(kProducers, 0);
    {
        std::vector<std::unique_ptr<Thread>> producers;
        for (uint32_t producer = 0; producer < kProducers; ++producer) {
            producers.push_back(std::make_unique<Thread>("producer", [&queue, producer] {
                for (uint32_t number = 0; number < kItemsEach; ++number) {
                    (void)queue.push({producer, number}, 1, 1 + number % 7);
                }
            }));
        }
        for (uint32_t taken = 0; taken < kProducers * kItemsEach; ++taken) {
            const std::optional<Item> item = queue.pop(kForEver);
            REQUIRE(item.has_value());
            REQUIRE(item->number == next[item->producer]);
            ++next[item->producer];
        }
    }
    CHECK(queue.count() == 0);
    CHECK(queue.bytes() == 0);
}
