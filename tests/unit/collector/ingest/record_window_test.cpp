#include "collector/ingest/record_window.h"

#include "common/base/thread.h"

#include <doctest/doctest.h>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace wire = evd::wire;
using collector::LogBatch;
using collector::LogWindow;

namespace {

std::vector<wire::LogRecord> records(size_t count, std::string_view message) {
    wire::LogRecord record;
    record.origin = "o";
    record.message = message;
    return std::vector<wire::LogRecord>(count, record);
}

}  // namespace

TEST_CASE("record window: what is appended can be taken at once, and is then gone") {
    int rings = 0;
    LogWindow window([&] { ++rings; });
    CHECK(window.isEmpty());
    CHECK_FALSE(window.take(/*only_full=*/false));
    window.append(records(3, "m"));
    CHECK_FALSE(window.isEmpty());
    CHECK_FALSE(window.take(/*only_full=*/true));
    const auto batch = window.take(/*only_full=*/false);
    REQUIRE(batch.has_value());
    CHECK(batch->count() == 3);
    CHECK(window.isEmpty());
    CHECK(window.figures().bytes == batch->bytes());
    window.release(batch->bytes());
    CHECK(window.figures().bytes == 0);
}

TEST_CASE("record window: it rings once for what is new, and not for nothing") {
    int rings = 0;
    LogWindow window([&] { ++rings; });
    window.ring();
    CHECK(rings == 0);
    window.append(records(1, "m"));
    window.append(records(1, "m"));
    window.ring();
    window.ring();
    CHECK(rings == 1);
    window.append(records(1, "m"));
    window.ring();
    CHECK(rings == 2);
}

TEST_CASE("record window: what nobody takes grows into full batches, which go first") {
    LogWindow window([] {});
    window.append(records(2 * collector::kBatchRecordsMax + 1, "m"));
    for (int i = 0; i < 2; ++i) {
        const auto full = window.take(/*only_full=*/true);
        REQUIRE(full.has_value());
        CHECK(full->count() == collector::kBatchRecordsMax);
    }
    CHECK_FALSE(window.take(/*only_full=*/true));
    CHECK(window.take(/*only_full=*/false)->count() == 1);
}

TEST_CASE("record window: beyond its bytes records are dropped and counted, an answer makes room") {
    const auto one = records(1, std::string_view("0123456789"));
    const size_t record_bytes = LogBatch::bytesOf(one[0]);
    for (const size_t slack : {size_t{0}, record_bytes - 1}) {
        LogWindow window([] {}, 3 * record_bytes + slack);
        window.append(one);
        window.append(records(3, "0123456789"));
        CHECK(window.figures().dropped == 1);
        CHECK(window.figures().bytes == 3 * record_bytes);
        // What is taken and not answered holds its room.
        const auto batch = window.take(/*only_full=*/false);
        CHECK(batch->count() == 3);
        window.append(one);
        CHECK(window.figures().dropped == 2);
        window.release(batch->bytes());
        window.append(one);
        CHECK(window.figures().dropped == 2);
        CHECK(window.take(/*only_full=*/false)->count() == 1);
    }
}

TEST_CASE("record window: a record that never fits is dropped, smaller ones behind it are not") {
    const std::string large(1000, 'x');
    LogWindow window([] {}, 500);
    auto mixed = records(3, "m");
    mixed[1].message = large;
    window.append(mixed);
    CHECK(window.figures().dropped == 1);
    CHECK_FALSE(window.passesOver());
    CHECK(window.take(/*only_full=*/false)->count() == 2);
}

TEST_CASE("record window: one that ran full passes over what comes until a quarter of it is free") {
    const auto one = records(1, std::string_view("0123456789"));
    const size_t record_bytes = LogBatch::bytesOf(one[0]);
    LogWindow window([] {}, 8 * record_bytes);
    for (int i = 0; i < 8; ++i) {
        CHECK_FALSE(window.passesOver());
        window.append(one);
    }
    CHECK_FALSE(window.passesOver());  // full to the last byte, but nothing was dropped
    window.append(one);
    CHECK(window.figures().dropped == 1);
    CHECK(window.passesOver());
    CHECK(window.passesOver());
    CHECK(window.figures().dropped_unread == 2);
    (void)window.take(/*only_full=*/false);
    window.release(record_bytes);
    CHECK(window.passesOver());  // seven of eight
    window.release(record_bytes);
    CHECK_FALSE(window.passesOver());  // six
    CHECK(window.figures().dropped_unread == 3);
    window.append(one);
    CHECK(window.figures().dropped == 1);
}

TEST_CASE("record window: between several doors and a loop every record is taken or counted") {
    constexpr size_t kDoors = 3;
    constexpr size_t kRounds = 2000;
    std::atomic<size_t> running = kDoors;
    LogWindow window([] {}, 64 * 1024);
    size_t taken = 0;
    {
        std::vector<std::unique_ptr<base::Thread>> doors;
        for (size_t i = 0; i < kDoors; ++i) {
            doors.push_back(std::make_unique<base::Thread>("door", [&] {
                const auto some = records(5, "message");
                for (size_t round = 0; round < kRounds; ++round) {
                    window.append(some);
                    window.ring();
                }
                --running;
            }));
        }
        while (running > 0 || !window.isEmpty()) {
            if (const auto batch = window.take(/*only_full=*/false)) {
                taken += batch->count();
                window.release(batch->bytes());
            }
        }
    }
    CHECK(taken + window.figures().dropped == kDoors * kRounds * 5);
    CHECK(window.figures().bytes == 0);
}
