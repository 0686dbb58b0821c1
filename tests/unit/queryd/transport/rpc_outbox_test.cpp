#include "queryd/transport/rpc_outbox_service.h"

#include "common/base/thread.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <memory>
#include <string>
#include <utility>

namespace evd::queryd {
namespace {

using Item = RpcOutbox::Item;
using Kind = RpcOutbox::Kind;

Item records(uint32_t count) {
    Item item;
    item.kind = Kind::Records;
    item.records.assign(count, 0xC0);
    item.count = count;
    return item;
}

Item outcome(const std::string& error) {
    Item item;
    item.failed = !error.empty();
    item.error = error;
    return item;
}

struct Fixture {
    kj::AsyncIoContext io = kj::setupAsyncIo();
    ipc::LoopCalls calls{io.unixEventPort};
    std::shared_ptr<RpcOutbox> outbox = std::make_shared<RpcOutbox>(calls.caller());

    Item next() { return outbox->next().wait(io.waitScope); }
};

TEST_CASE("rpc outbox: what is put comes in its order, the outcome last and once") {
    Fixture fixture;
    CHECK(fixture.outbox->putNow(records(1)).ok());
    fixture.outbox->close(outcome("late"));
    CHECK(fixture.outbox->putWaiting(records(2)).ok());
    CHECK(fixture.next().count == 1);
    CHECK(fixture.next().count == 2);
    const Item last = fixture.next();
    CHECK(last.kind == Kind::Finished);
    CHECK(last.error == "late");
}

TEST_CASE("rpc outbox: a loop that waits is woken by each put of another thread") {
    constexpr uint32_t kItems = 2'000;
    Fixture fixture;
    base::Thread thread("puts", [&] {
        for (uint32_t count = 1; count <= kItems; ++count) {
            CHECK(fixture.outbox->putWaiting(records(count)).ok());
        }
        fixture.outbox->close(outcome(""));
    });
    for (uint32_t count = 1; count <= kItems; ++count) {
        REQUIRE(fixture.next().count == count);
    }
    CHECK(fixture.next().kind == Kind::Finished);
    thread.join();
}

TEST_CASE("rpc outbox: a wait that is given up takes nothing, and the next one gets it") {
    Fixture fixture;
    {
        const auto given_up = fixture.outbox->next();
        fixture.io.waitScope.poll();
        CHECK(
            fixture.outbox->putNow(records(3)).ok());  // The loop is told, and has not looked yet.
    }
    CHECK(fixture.next().count == 3);
    fixture.io.waitScope.poll();
    { const auto given_up = fixture.outbox->next(); }
    fixture.outbox->close(outcome("gone"));
    fixture.io.waitScope.poll();
    CHECK(fixture.next().error == "gone");
}

TEST_CASE("rpc outbox: when nobody takes any more, what waits for room ends") {
    Fixture fixture;
    for (size_t item = 0; item < kOutboxItemsMax; ++item) {
        REQUIRE(fixture.outbox->putNow(records(1)).ok());
    }
    CHECK(fixture.outbox->putNow(records(1)).error().kind == base::ErrorKind::Busy);
    base::Thread thread("waits", [&] {
        const auto put = fixture.outbox->putWaiting(records(1));
        CHECK_FALSE(put.ok());
        CHECK(put.error().kind == base::ErrorKind::Gone);
    });
    fixture.outbox->abandon();
    thread.join();
    CHECK(fixture.outbox->putNow(records(1)).error().kind == base::ErrorKind::Gone);
}

TEST_CASE("rpc outbox: the question's thread may be the last to let go of it") {
    Fixture fixture;
    {
        const auto waiting = fixture.outbox->next();
        fixture.io.waitScope.poll();
    }
    base::Thread thread("last", [outbox = std::move(fixture.outbox)]() mutable {
        outbox->close(outcome("nobody hears this"));
        outbox.reset();
    });
    thread.join();
    fixture.io.waitScope.poll();
}

}  // namespace
}  // namespace evd::queryd
