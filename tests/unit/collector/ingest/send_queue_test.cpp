#include "collector/ingest/send_queue.h"

#include <doctest/doctest.h>
#include <random>
#include <set>
#include <string>
#include <vector>

using Queue = evd::collector::SendQueue<std::string>;

namespace {

// What is sent next, as "number:batch", until all is on its way.
std::vector<std::string> sendAll(Queue& queue) {
    std::vector<std::string> sent;
    while (const auto* kept = queue.startNext()) {
        sent.push_back(std::to_string(kept->number) + ":" + kept->batch);
    }
    return sent;
}

using Sent = std::vector<std::string>;

}  // namespace

TEST_CASE("send queue: batches are numbered from 1 in the order in which they came") {
    Queue queue;
    queue.add("a");
    queue.add("b");
    CHECK(sendAll(queue) == Sent{"1:a", "2:b"});
    CHECK(queue.startNext() == nullptr);
    queue.add("c");
    CHECK(sendAll(queue) == Sent{"3:c"});
    CHECK(queue.finish(2) == "b");
    CHECK(queue.finish(1) == "a");
    CHECK(queue.count() == 1);
}

TEST_CASE("send queue: what is refused for now gets a new number, and its place before the rest") {
    Queue queue;
    for (const char* batch : {"a", "b", "c"}) {
        queue.add(batch);
    }
    CHECK(sendAll(queue) == Sent{"1:a", "2:b", "3:c"});
    queue.add("d");
    queue.postpone(2);
    queue.postpone(1);
    queue.finish(3);
    CHECK(sendAll(queue) == Sent{"4:a", "5:b", "6:d"});
}

TEST_CASE("send queue: what is in doubt keeps its number over a new connection") {
    Queue queue;
    for (const char* batch : {"a", "b", "c", "d"}) {
        queue.add(batch);
    }
    sendAll(queue);
    queue.postpone(2);  // certainly not stored
    queue.disconnect();
    // The store says that it holds everything through 3.
    CHECK(queue.storedThrough(3) == 1);
    CHECK(queue.finish(1) == "a");
    CHECK(queue.storedThrough(3) == 3);
    CHECK(queue.finish(3) == "c");
    CHECK(queue.storedThrough(3) == 0);
    CHECK(sendAll(queue) == Sent{"4:d", "5:b"});
}

TEST_CASE("send queue: a store that holds nothing of us is sent everything again") {
    Queue queue;
    queue.add("a");
    queue.add("b");
    sendAll(queue);
    queue.disconnect();
    CHECK(queue.storedThrough(0) == 0);
    CHECK(sendAll(queue) == Sent{"1:a", "2:b"});
}

TEST_CASE("send queue: whatever happens, numbers sent rise and no batch is stored twice or lost") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int run = 0; run < 200; ++run) {
        Queue queue;
        std::set<std::string> stored;
        uint64_t last_stored = 0;
        int added = 0;
        std::vector<uint64_t> under_way;  // in the order of sending
        for (int step = 0; step < 200 || queue.count() > 0; ++step) {
            const bool is_ending = step >= 200;
            if (!is_ending && random() % 2 == 0) {
                queue.add(std::to_string(added++));
            }
            uint64_t sent_before = under_way.empty() ? 0 : under_way.back();
            while (const auto* kept = queue.startNext()) {
                REQUIRE(kept->number > sent_before);
                sent_before = kept->number;
                under_way.push_back(kept->number);
            }
            if (under_way.empty()) {
                continue;
            }
            const uint64_t number = under_way.front();
            switch (is_ending ? 0 : random() % 4) {
                case 0:
                case 1: {  // stored and answered
                    REQUIRE(number > last_stored);
                    last_stored = number;
                    REQUIRE(stored.insert(queue.finish(number)).second);
                    under_way.erase(under_way.begin());
                    break;
                }
                case 2:  // not now
                    queue.postpone(number);
                    under_way.erase(under_way.begin());
                    break;
                default: {  // some are stored, and then the connection breaks
                    const size_t more = random() % (under_way.size() + 1);
                    if (more > 0) {
                        last_stored = under_way[more - 1];
                    }
                    under_way.clear();
                    queue.disconnect();
                    while (const uint64_t known = queue.storedThrough(last_stored)) {
                        REQUIRE(stored.insert(queue.finish(known)).second);
                    }
                    break;
                }
            }
        }
        CHECK(stored.size() == static_cast<size_t>(added));
    }
}
