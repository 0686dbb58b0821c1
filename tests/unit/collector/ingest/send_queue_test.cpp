#include "collector/ingest/send_queue.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using Queue = evd::collector::SendQueue<std::string>;

namespace {

constexpr size_t kNoBound = SIZE_MAX;

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
    Queue queue(kNoBound);
    queue.add("a", 1);
    queue.add("b", 1);
    CHECK(sendAll(queue) == Sent{"1:a", "2:b"});
    CHECK(queue.startNext() == nullptr);
    queue.add("c", 1);
    CHECK(sendAll(queue) == Sent{"3:c"});
    CHECK(queue.finish(2) == "b");
    CHECK(queue.finish(1) == "a");
    CHECK(queue.count() == 1);
}

// A commit that failed may come to light later, and the number is what it is known by then.
TEST_CASE("send queue: what is refused for now is sent again under its number, before the rest") {
    Queue queue(kNoBound);
    for (const char* batch : {"a", "b", "c"}) {
        queue.add(batch, 1);
    }
    CHECK(sendAll(queue) == Sent{"1:a", "2:b", "3:c"});
    queue.add("d", 1);
    queue.postpone(2);
    queue.postpone(1);
    queue.finish(3);
    CHECK(sendAll(queue) == Sent{"1:a", "2:b", "4:d"});
}

TEST_CASE("send queue: nothing is sent again while what lies behind it is on its way") {
    Queue queue(kNoBound);
    for (const char* batch : {"a", "b", "c"}) {
        queue.add(batch, 1);
    }
    sendAll(queue);
    queue.add("d", 1);
    queue.postpone(1);
    CHECK(queue.startNext() == nullptr);
    queue.postpone(3);
    CHECK(queue.startNext() == nullptr);
    queue.postpone(2);
    CHECK(sendAll(queue) == Sent{"1:a", "2:b", "3:c", "4:d"});
    queue.postpone(3);
    queue.postpone(4);
    CHECK(sendAll(queue) == Sent{"3:c", "4:d"});  // what lies before it may be on its way
}

TEST_CASE("send queue: what is in doubt keeps its number over a new connection") {
    Queue queue(kNoBound);
    for (const char* batch : {"a", "b", "c", "d"}) {
        queue.add(batch, 1);
    }
    sendAll(queue);
    queue.postpone(2);
    queue.disconnect();
    // The store says that it holds everything through 2.
    CHECK(queue.storedThrough(2) == 1);
    CHECK(queue.finish(1) == "a");
    CHECK(queue.storedThrough(2) == 2);
    CHECK(queue.finish(2) == "b");
    CHECK(queue.storedThrough(2) == 0);
    CHECK(sendAll(queue) == Sent{"3:c", "4:d"});
}

TEST_CASE("send queue: a store that holds nothing of us is sent everything again") {
    Queue queue(kNoBound);
    queue.add("a", 1);
    queue.add("b", 1);
    sendAll(queue);
    queue.disconnect();
    CHECK(queue.storedThrough(0) == 0);
    CHECK(sendAll(queue) == Sent{"1:a", "2:b"});
}

TEST_CASE(
    "send queue: no more bytes are on their way than the bound says, at, below and above it") {
    Queue queue(10);
    queue.add("a", 4);
    queue.add("b", 6);
    queue.add("c", 1);
    CHECK(sendAll(queue) == Sent{"1:a", "2:b"});
    SUBCASE("an answer makes room") {
        queue.finish(1);
        CHECK(sendAll(queue) == Sent{"3:c"});
        queue.add("d", 4);
        CHECK(sendAll(queue).empty());  // 7 and 4
        queue.finish(3);
        CHECK(sendAll(queue) == Sent{"4:d"});  // 6 and 4
    }
    SUBCASE("so does a refusal") {
        queue.postpone(2);
        CHECK(sendAll(queue) == Sent{"2:b"});
    }
    SUBCASE("and the end of a connection") {
        queue.disconnect();
        CHECK(sendAll(queue) == Sent{"1:a", "2:b"});
        // What is finished when it is not on its way was not counted.
        queue.disconnect();
        queue.finish(1);
        CHECK(sendAll(queue) == Sent{"2:b", "3:c"});
    }
}

TEST_CASE("send queue: a batch above the bound is sent by itself") {
    Queue queue(10);
    queue.add("a", 11);
    queue.add("b", 1);
    CHECK(sendAll(queue) == Sent{"1:a"});
    queue.finish(1);
    CHECK(sendAll(queue) == Sent{"2:b"});
}
