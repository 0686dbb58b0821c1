// Whoever follows the events by their ids, on a disk that refuses to be read.

#include "tests/fault/faulty_vfs.h"
#include "tests/unit/store/store_fixture.h"

#include "queryd/exec/event_page_reader.h"

#include <doctest/doctest.h>
#include <filesystem>

namespace evd::test {
namespace {

using queryd::ConnectionCache;
using queryd::EventPage;
using queryd::EventPageReader;
using queryd::RunControl;

constexpr uint64_t kForLong = ~uint64_t{0} / 2;

// Shard 0 holds ten numbers of cpu 0, shard 1 of cpu 1.
struct TwoShards : StoreFixture {
    TwoShards() : StoreFixture(/*shards=*/2, /*cpus=*/2) {
        FaultyVfs::instance().disarm();
        openAndAttach();
        REQUIRE(write(RunSketch(0, 1, 10)) == "ok");
        REQUIRE(write(RunSketch(1, 1, 10)) == "ok");
        kill();
    }
    ~TwoShards() { FaultyVfs::instance().disarm(); }
    TwoShards(const TwoShards&) = delete;
    TwoShards& operator=(const TwoShards&) = delete;
};

TEST_CASE("event pages: a read that the disk refuses fails the page and leaves nothing out") {
    const TwoShards fixture;
    for (uint64_t at = 1; at <= 20; ++at) {
        CAPTURE(at);
        ConnectionCache connections;
        EventPageReader reader(fixture.folder(), connections);
        EventPage page;
        FaultyVfs::instance().arm({FaultKind::ReadError, at, 1});
        auto done = reader.read({0, 1'000}, RunControl(), page);
        const bool has_hit = FaultyVfs::instance().injected() == 1;
        FaultyVfs::instance().disarm();
        CHECK(done.ok() != has_hit);
        if (!done) {
            CHECK(done.error().kind == base::ErrorKind::Io);
            done = reader.read({0, 1'000}, RunControl(), page);
        }
        REQUIRE(done);
        CHECK(page.entries.size() ==
              static_cast<size_t>(fixture.total("SELECT count(*) FROM events")));
    }
}

TEST_CASE("event pages: a database that was put aside and stays unreadable holds nobody up") {
    const TwoShards fixture;
    for (const uint16_t shard : {uint16_t{0}, uint16_t{1}}) {
        const std::string path = fixture.shardPath(shard);
        std::filesystem::rename(path, path.substr(0, path.size() - 3) + ".corrupt-1.db");
    }
    ConnectionCache connections;
    EventPageReader reader(fixture.folder(), connections);
    EventPage page;
    FaultyVfs::instance().arm({FaultKind::ReadError, 1, kForLong});
    REQUIRE(reader.read({0, 1'000}, RunControl(), page));
    CHECK(FaultyVfs::instance().injected() > 0);
    CHECK(page.entries.empty());
}

}  // namespace
}  // namespace evd::test
