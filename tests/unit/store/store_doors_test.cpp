// The three connections that the store serves, each with the limits of its own row of
// ipc/door_limits.h.

#include "common/base/socket.h"
#include "store/control_service.h"
#include "tests/support/fake_clock.h"
#include "tests/support/longest_message.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/store/ingest_host.h"
#include "tests/unit/store/record_ingest_host.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>

namespace evd::store {
namespace {

struct Ends {
    Ends() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        served = std::move(pair.value().left);
        peer = std::make_unique<test::RawRpcPeer>(std::move(pair.value().right));
    }
    bool takesAtMost(uint64_t bytes) {
        return test::takesAtMost(*peer, bytes, [this] { io.waitScope.poll(); });
    }
    kj::AsyncIoContext io = kj::setupAsyncIo();
    base::Fd served;
    std::unique_ptr<test::RawRpcPeer> peer;
};

TEST_CASE("store doors: a collector's message may carry the largest event, and no more") {
    const test::TemporaryDirectory folder;
    const base::SystemClock clock;
    Ends ends;
    IngestHostDouble host(folder / "events", clock, ends.io.unixEventPort);
    const CollectorConnection connection(std::move(ends.served), host, *ends.io.lowLevelProvider);
    CHECK(ends.takesAtMost(130U << 20));
}

TEST_CASE("store doors: a message of eventd-ingest has 64 MiB at most") {
    const test::TemporaryDirectory folder;
    const base::SystemClock clock;
    Ends ends;
    RecordIngestHostDouble host(folder.path(), clock, ends.io.unixEventPort);
    const RecordIngestConnection connection(std::move(ends.served), host,
                                            *ends.io.lowLevelProvider);
    CHECK(ends.takesAtMost(64U << 20));
}

TEST_CASE("store doors: a message of queryd has 256 KiB at most") {
    const test::FakeClock clock;
    Ends ends;
    PolicyThread policy({}, nullptr, clock, [](DesiredIndexesView) {});
    ControlFigures figures;
    const ControlConnection connection(
        std::move(ends.served), policy, figures, clock, [] { return int64_t{7}; }, ends.io);
    CHECK(ends.takesAtMost(256U << 10));
}

}  // namespace
}  // namespace evd::store
