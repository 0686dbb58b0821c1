// Reading the store by the global sequence, over databases that the test commits to while it reads.
// Waiting is on conditions only; an event that never comes lets the test run into its time limit.

#include "common/base/text.h"
#include "common/base/thread.h"
#include "common/wire/stored_event.h"
#include "queryd/exec/event_page_reader.h"
#include "queryd/exec/query_engine.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_sequence.h"
#include "tests/unit/queryd/exec/event_list.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <thread>

namespace evd::queryd {
using test::cpuEvents;
using test::EventList;
using test::TestSequence;
using test::TestShard;

namespace {

std::vector<int64_t> range(int64_t first, int64_t last) {
    std::vector<int64_t> ids(static_cast<size_t>(last - first + 1));
    std::iota(ids.begin(), ids.end(), first);
    return ids;
}

struct Store {
    Store()
        : engine(makeQueryEngine({.event_store_path = folder.path()}, clock, signal, &sequence)) {}

    std::unique_ptr<TestShard> shard(int number) {
        return std::make_unique<TestShard>(folder / base::cat("shard-000", number, ".db"));
    }
    // In one transaction that is over when this returns.
    void commit(TestShard& shard, int64_t count) {
        const int64_t first = sequence.reserve(count);
        shard.insert(cpuEvents(first, count));
        sequence.settle(first);
        signal.bump();
    }
    base::Result<std::vector<int64_t>> page(EventQuestion question, bool sees = true) {
        question.end = std::make_shared<EventPageEnd>();
        RunOptions options;
        options.caller.system = sees;
        EventList list;
        const auto done = engine->readEvents(question, options, list);
        end = *question.end;
        events = list.events();
        return done ? base::Result<std::vector<int64_t>>(list.ids()) : done.error();
    }
    std::vector<int64_t> from(int64_t cursor, uint64_t events_max = kEventsPerPageMax) {
        EventQuestion question;
        question.after_id = cursor;
        question.events_max = events_max;
        auto ids = page(question);
        REQUIRE_MESSAGE(ids.ok(), (ids.ok() ? "" : ids.error().text));
        return ids.value();
    }

    test::TemporaryDirectory folder;
    base::SystemClock clock;
    CountingSignal signal;
    TestSequence sequence;
    std::unique_ptr<QueryEngine> engine;
    EventPageEnd end;
    std::vector<wire::StoredEvent> events;
};

// A subscription on a thread of its own, cancelled and joined at the end.
class Following {
  public:
    Following(Store& store, int64_t cursor) {
        thread_ = std::make_unique<base::Thread>("follow", [this, &store, cursor] {
            EventQuestion question;
            question.kind = EventQuestion::Kind::Follow;
            question.after_id = cursor;
            RunOptions options;
            options.caller.system = true;
            options.cancelled = &cancelled_;
            outcome_ = store.engine->readEvents(question, options, list_);
        });
    }
    ~Following() { (void)stop(); }  // the outcome is for those who ask

    EventList& list() { return list_; }
    base::Result<void> stop() {
        cancelled_ = true;
        thread_->join();
        return outcome_;
    }

  private:
    std::atomic<bool> cancelled_ = false;
    EventList list_;
    base::Result<void> outcome_;
    std::unique_ptr<base::Thread> thread_;
};

TEST_CASE("event reading: pages of all databases follow one another in the order of ids") {
    Store store;
    const auto left = store.shard(0);
    const auto right = store.shard(1);
    for (int i = 0; i < 10; ++i) {
        store.commit(i % 3 == 0 ? *left : *right, 20);
    }
    std::vector<int64_t> all;
    int64_t cursor = 0;
    do {
        const auto ids = store.from(cursor, 70);
        CHECK(ids.size() <= 70);
        all.insert(all.end(), ids.begin(), ids.end());
        CHECK(store.end.next_id == all.back());
        cursor = store.end.next_id;
    } while (!store.end.is_complete);
    CHECK(all == range(1, 200));
    CHECK(store.end.stable_id == 200);
    CHECK(store.from(200).empty());
    CHECK(store.end.next_id == 200);
    CHECK(store.end.is_complete);
}

TEST_CASE("event reading: an event comes out with everything that is stored of it") {
    Store store;
    const auto shard = store.shard(0);
    auto events = cpuEvents(store.sequence.reserve(2), 2, 3, 40);
    events[0].effective_token = test::guidOf(1);
    events[0].true_token = test::guidOf(2);
    events[0].process = test::guidOf(3);
    events[1].cpu.reset();
    events[1].sequence.reset();
    events[1].origin_class.reset();
    events[1].payload.reset();
    shard->insert(events);
    store.sequence.settle(1);
    CHECK(store.from(0) == range(1, 2));
    CHECK(store.events[0] == wire::StoredEvent{1, test::guidOf(7), 999'999, 3, 40, 1, "test.event",
                                               test::guidOf(1), test::guidOf(2), test::guidOf(3),
                                               std::vector<uint8_t>{0x93, 1, 2, 3}});
    CHECK(store.events[1].id == 2);
    CHECK_FALSE(store.events[1].cpu);
    CHECK_FALSE(store.events[1].sequence);
    CHECK_FALSE(store.events[1].payload);
}

TEST_CASE("event reading: what lies beyond an open transaction waits for it") {
    Store store;
    const auto slow = store.shard(0);
    const auto quick = store.shard(1);
    store.commit(*quick, 5);
    const int64_t open = store.sequence.reserve(3);
    store.commit(*quick, 5);
    CHECK(store.from(0) == range(1, 5));
    CHECK(store.end.is_complete);
    CHECK(store.end.next_id == 5);
    slow->insert(cpuEvents(open, 3));
    store.sequence.settle(open);
    CHECK(store.from(5) == range(6, 13));
}

TEST_CASE("event reading: a page ends at its limit of events, and of bytes") {
    Store store;
    const auto shard = store.shard(0);
    const int64_t first = store.sequence.reserve(100);
    auto events = cpuEvents(first, 100);
    for (auto& event : events) {
        event.payload = std::vector<uint8_t>(50'000, 0xC0);
    }
    shard->insert(events);
    store.sequence.settle(first);
    CHECK(store.from(0, 1) == range(1, 1));
    const auto ids = store.from(0);
    CHECK(ids.size() == kEventPageBytesMax / 50'000 + 1);
    CHECK_FALSE(store.end.is_complete);
    CHECK(store.end.next_id == ids.back());
    auto huge = cpuEvents(store.sequence.reserve(1), 1);
    huge[0].payload = std::vector<uint8_t>(3 * kEventPageBytesMax, 0xC0);
    shard->insert(huge);
    store.sequence.settle(101);
    CHECK(store.from(100) == range(101, 101));
}

TEST_CASE(
    "event reading: historical and renamed databases are read like others, a copy adds none") {
    Store store;
    {
        auto old = store.shard(0);
        store.commit(*old, 10);
    }
    std::filesystem::rename(store.folder / "shard-0000.db",
                            store.folder / "shard-0000.corrupt-17.db");
    for (const char* side : {"-wal", "-shm"}) {
        std::filesystem::rename(store.folder / base::cat("shard-0000.db", side),
                                store.folder / base::cat("shard-0000.corrupt-17.db", side));
    }
    {
        auto fresh = store.shard(0);
        store.commit(*fresh, 10);
        fresh->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    std::filesystem::copy_file(store.folder / "shard-0000.db", store.folder / "copy.db");
    CHECK(store.from(0) == range(1, 20));
    CHECK(store.from(5, 10) == range(6, 15));
}

TEST_CASE("event reading: what is damaged is left out, the rest still comes") {
    Store store;
    const auto shard = store.shard(1);
    store.commit(*shard, 3);
    std::ofstream(store.folder / "shard-0000.db") << std::string(10'000, 'x');
    CHECK(store.from(0) == range(1, 3));
}

TEST_CASE("event reading: one cpu of one boot, by sequence, with and without knowing where") {
    Store store;
    const auto left = store.shard(0);
    const auto right = store.shard(1);
    for (int64_t i = 0; i < 6; ++i) {
        const int64_t first = store.sequence.reserve(10);
        (i % 2 == 0 ? left : right)->insert(cpuEvents(first, 10, i % 3, (i / 3) * 10 + 1));
        store.sequence.settle(first);
    }
    auto other_boot = cpuEvents(store.sequence.reserve(5), 5, 1, 1);
    for (auto& event : other_boot) {
        event.boot = test::guidOf(8);
    }
    right->insert(other_boot);
    store.sequence.settle(61);

    EventQuestion question;
    question.cpu = CpuFilter{1, test::guidOf(7), 5};
    CHECK(store.page(question).value() ==
          std::vector<int64_t>{16, 17, 18, 19, 20, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50});
    CHECK(store.end.next_sequence == 20);
    CHECK(store.end.is_complete);
    question.events_max = 4;
    CHECK(store.page(question).value() == range(16, 19));
    CHECK(store.end.next_sequence == 9);
    question.cpu->after_sequence = store.end.next_sequence;
    question.after_id = store.end.next_id;
    CHECK(store.page(question).value() == std::vector<int64_t>{20, 41, 42, 43});
    question = EventQuestion();
    question.cpu = CpuFilter{1, test::guidOf(8), 0};
    CHECK(store.page(question).value() == range(61, 65));
    question.cpu = CpuFilter{9, test::guidOf(7), 0};
    CHECK(store.page(question).value().empty());
    CHECK(store.end.next_sequence == 0);
    CHECK(store.end.is_complete);
}

TEST_CASE("event reading: a cursor beyond the stable id belongs to another store") {
    Store store;
    const auto shard = store.shard(0);
    store.commit(*shard, 3);
    EventQuestion question;
    question.after_id = 4;
    CHECK(store.page(question).error().kind == base::ErrorKind::Invalid);
    question.after_id = 3;
    CHECK(store.page(question).ok());
}

TEST_CASE("event reading: who may see nothing is led past everything") {
    Store store;
    const auto shard = store.shard(0);
    store.commit(*shard, 3);
    const auto ids = store.page({}, /*sees=*/false);
    REQUIRE(ids.ok());
    CHECK(ids.value().empty());
    CHECK(store.end.next_id == 3);
    CHECK(store.end.is_complete);
}

TEST_CASE("event reading: it needs the store") {
    Store store;
    const auto shard = store.shard(0);
    store.commit(*shard, 3);
    store.sequence.goAway();
    CHECK(store.page({}).error().kind == base::ErrorKind::Busy);
}

// Void ids: 4 to 6 of the first store, which its death gives out again.
TEST_CASE("event reading: what was read while the store was replaced is read again") {
    Store store;
    const auto left = store.shard(0);
    const auto right = store.shard(1);
    store.commit(*left, 3);
    store.sequence.settle(store.sequence.reserve(3));
    int asked = 0;
    store.sequence.on_asked = [&] {
        if (++asked == 2) {  // between the reading and its confirmation
            store.sequence.restart(3);
            right->insert(cpuEvents(5, 1));
            left->insert(cpuEvents(4, 1));
            store.sequence.settle(store.sequence.reserve(2));
        }
    };
    CHECK(store.from(0) == range(1, 5));
    CHECK(asked == 4);
}

TEST_CASE("event reading: a cursor never stands on a void id") {
    Store store;
    const auto shard = store.shard(0);
    store.commit(*shard, 3);
    store.sequence.settle(store.sequence.reserve(10));
    CHECK(store.from(0) == range(1, 3));
    CHECK(store.end.stable_id == 13);
    CHECK(store.end.next_id == 3);
}

// Each page of one subscription, whose reader remembers which databases have nothing more.
struct PagesOfOneReader {
    std::vector<int64_t> upTo(int64_t stable_id) {
        EventPage page;
        const auto done = reader.read({after_id, stable_id}, RunControl(), page);
        REQUIRE_MESSAGE(done.ok(), (done.ok() ? "" : done.error().text));
        std::vector<int64_t> ids;
        for (const EventPage::Entry& entry : page.entries) {
            ids.push_back(entry.id);
        }
        after_id = page.end.next_id;
        return ids;
    }

    Store store;
    ConnectionCache connections;
    EventPageReader reader{store.folder.path(), connections};
    int64_t after_id = 0;
};

// A file of the same inode under another name. Some file systems give the inode of a deleted file
// to the next one, which may be a shard, and the shard may be put aside before the next page.
TEST_CASE("event reading: a database with the inode of one that had nothing more is read again") {
    for (const char* name : {"shard-0001.db", "shard-0001.corrupt-17.db"}) {
        CAPTURE(name);
        PagesOfOneReader pages;
        Store& store = pages.store;
        TestShard shard(store.folder / "old.db");
        store.commit(shard, 3);
        CHECK(pages.upTo(3) == range(1, 3));
        CHECK(pages.upTo(3).empty());  // now it is known to have nothing more
        for (const char* side : {"", "-wal", "-shm"}) {
            std::filesystem::rename(store.folder / base::cat("old.db", side),
                                    store.folder / base::cat(name, side));
        }
        store.commit(shard, 2);
        CHECK(pages.upTo(5) == range(4, 5));
    }
}

TEST_CASE("event following: what is there, then what comes, and nothing after it is cancelled") {
    Store store;
    const auto shard = store.shard(0);
    store.commit(*shard, 5);
    Following following(store, 2);
    following.list().waitFor(3);
    store.commit(*shard, 4);
    following.list().waitFor(7);
    const auto fresh = store.shard(1);  // a database that was not there when it began
    store.commit(*fresh, 2);
    following.list().waitFor(9);
    CHECK(following.stop().error().kind == base::ErrorKind::Gone);
    CHECK(following.list().ids() == range(3, 11));
}

TEST_CASE("event following: a store that goes away is waited for, and gone on behind") {
    Store store;
    const auto left = store.shard(0);
    const auto right = store.shard(1);
    store.commit(*left, 5);
    Following following(store, 0);
    following.list().waitFor(5);
    store.sequence.settle(store.sequence.reserve(7));  // void: the next store begins behind 5
    store.signal.bump();
    store.sequence.goAway();
    store.sequence.restart(5);
    const int64_t open = store.sequence.reserve(2);
    store.commit(*right, 2);
    left->insert(cpuEvents(open, 2));
    store.sequence.settle(open);
    store.signal.bump();
    following.list().waitFor(9);
    CHECK(following.list().ids() == range(1, 9));
}

// Issue 5: nothing lost, nothing doubled, under concurrent writers on several shards whose
// transactions overtake one another, fail now and then, and with a store that is replaced.
TEST_CASE("event following: nothing is lost and nothing doubled under concurrent writers") {
    constexpr int kWriters = 4;
    constexpr int kTransactions = 150;
    Store store;
    std::vector<std::unique_ptr<TestShard>> shards;
    for (int i = 0; i < kWriters; ++i) {
        shards.push_back(store.shard(i));
    }
    std::mutex mutex;
    std::set<int64_t> committed;
    {
        Following from_the_start(store, 0);
        std::vector<std::unique_ptr<base::Thread>> writers;
        for (int i = 0; i < kWriters; ++i) {
            writers.push_back(std::make_unique<base::Thread>(base::cat("writer-", i), [&, i] {
                std::mt19937_64 random(static_cast<uint64_t>(i) + 1);
                for (int n = 0; n < kTransactions; ++n) {
                    const auto count = static_cast<int64_t>(random() % 40 + 1);
                    const int64_t first = store.sequence.reserve(count);
                    for (uint64_t pause = random() % 2000; pause > 0; --pause) {
                        std::this_thread::yield();
                    }
                    if (random() % 10 != 0) {
                        shards[static_cast<size_t>(i)]->insert(cpuEvents(first, count, i));
                        const std::lock_guard lock(mutex);
                        for (int64_t id = first; id < first + count; ++id) {
                            committed.insert(id);
                        }
                    }
                    store.sequence.settle(first);
                    store.signal.bump();
                }
            }));
        }
        for (auto& writer : writers) {
            writer->join();
        }
        from_the_start.list().waitFor(committed.size());
        CHECK(from_the_start.list().ids() ==
              std::vector<int64_t>(committed.begin(), committed.end()));
    }
    // One who comes with a cursor gets the rest, in pages that agree.
    const int64_t cursor =
        *std::next(committed.begin(), static_cast<ptrdiff_t>(committed.size() / 3));
    const std::vector<int64_t> rest(committed.upper_bound(cursor), committed.end());
    Following late(store, cursor);
    late.list().waitFor(rest.size());
    CHECK(late.list().ids() == rest);
    std::vector<int64_t> pages;
    for (int64_t at = cursor; pages.size() < rest.size(); at = store.end.next_id) {
        const auto ids = store.from(at, 97);
        REQUIRE_FALSE((ids.empty() && store.end.is_complete));
        pages.insert(pages.end(), ids.begin(), ids.end());
    }
    CHECK(pages == rest);
}

}  // namespace
}  // namespace evd::queryd
