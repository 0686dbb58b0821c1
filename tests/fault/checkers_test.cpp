// The other checkers of campaigns and process tests: what each is there to find is there once.

#include "tests/fault/scenarios.h"
#include "tests/support/event_shards.h"
#include "tests/support/exactly_once.h"
#include "tests/support/log_store.h"
#include "tests/support/metric_store.h"
#include "tests/support/msgpack_from_hex.h"
#include "tests/support/number_field.h"
#include "tests/support/record_load.h"
#include "tests/support/ring_account.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace evd::test {
namespace {

using base::cat;

TestEvent gapOf(uint64_t first, uint64_t last, uint64_t count) {
    TestEvent gap;
    gap.id = 1;
    gap.cpu = 0;
    gap.type = "synthetic.gap";
    gap.payload = msgpackOf([&](wire::MsgpackWriter& writer) {
        writer.mapHeader(3);
        writer.text("first_missing");
        writer.unsignedInteger(first);
        writer.text("last_missing");
        writer.unsignedInteger(last);
        writer.text("count");
        writer.unsignedInteger(count);
    });
    return gap;
}

ExactlyOnceReport reportOf(const TestEvent& gap, int64_t last_receipt) {
    const TemporaryDirectory folder;
    TestShard shard(folder / "shard-0000.db");
    shard.insert(gap);
    shard.execute(cat("INSERT INTO receipts VALUES (zeroblob(16), 0, 1, ", last_receipt, ")"));
    return checkExactlyOnce(folder.path(), "test.event");
}

TEST_CASE("checkers: a gap record must cover numbers, and as many as it says") {
    const auto sound = reportOf(gapOf(1, 300, 300), 300);
    CHECK(sound.violations.empty());
    CHECK(sound.lost == 300);
    CHECK(sound.gaps.begin()->second == std::vector<std::pair<uint64_t, uint64_t>>{{1, 300}});
    CHECK_FALSE(reportOf(gapOf(2, 1, 0), 300).violations.empty());
    CHECK_FALSE(reportOf(gapOf(0, 300, 301), 300).violations.empty());
    CHECK_FALSE(reportOf(gapOf(1, 300, 299), 300).violations.empty());
}

TEST_CASE("checkers: what was acknowledged is stored once, or few enough are lost") {
    ExactlyOnceReport report;
    report.numbers = {1, 2, 3};
    CHECK(checkAcknowledged(report, {1, 3}).empty());
    CHECK_FALSE(checkAcknowledged(report, {}).empty());
    CHECK_FALSE(checkAcknowledged(report, {1, 4}).empty());
    report.lost = 1;
    CHECK_FALSE(checkAcknowledged(report, {1, 3}).empty());
    CHECK(checkAcknowledged(report, {1, 4}, 1).empty());
    report.numbers.insert(3);
    CHECK_FALSE(checkAcknowledged(report, {1, 3}, 1).empty());
}

TEST_CASE("checkers: a number is found in a flat map, whatever stands before it") {
    // {"a": nil, "b": -1, "c": 1.5, "d": "xy", "e": bytes, "f": true, "n": 70000}
    const auto map = bytesFromHex(
        "87 a161 c0 a162 ff a163 cb3ff8000000000000 a164 a27879 a165 c402ffff a166 c3 a16e "
        "ce00011170");
    CHECK(numberField(map, "n") == 70'000);
    CHECK(numberField(map, "b") == 0);
    CHECK(numberField(map, "x") == 0);
    CHECK(numberField(bytesFromHex("de0001 d9016e cf0000000100000000"), "n") == 0x1'0000'0000);
    CHECK(numberField(bytesFromHex("81 a16e d1 7fff"), "n") == 32'767);
    CHECK(numberField(bytesFromHex("81 a16e d1 8000"), "n") == 0);
    CHECK(numberField(bytesFromHex("81 a16e ce 0001"), "n") == 0);     // cut off
    CHECK(numberField(bytesFromHex("82 a161 90 a16e 01"), "n") == 0);  // not flat
    CHECK(numberField({}, "n") == 0);
}

// A log store, perhaps one that was put aside, with these lines.
void makeLogs(const std::string& path, const std::vector<std::string>& messages) {
    TestLogStore store(path);
    TestLog line;
    line.origin = "load";
    for (const auto& message : messages) {
        ++line.id;
        line.message = message;
        store.insert(line);
    }
}

bool areSound(const TemporaryDirectory& folder, uint64_t sent, uint64_t lost_max = 0) {
    return complaintsAbout(storedLines(folder.path(), "load"), sent, lost_max).empty();
}

TEST_CASE("checkers: a line that two files have does not stand for one that is lost") {
    const TemporaryDirectory folder;
    makeLogs(folder / "logs.db", {"line 1", "line 2"});
    CHECK(areSound(folder, 2));
    CHECK_FALSE(areSound(folder, 3));
    CHECK(areSound(folder, 3, 1));
    CHECK_FALSE(areSound(folder, 1));  // one that was never sent
    makeLogs(folder / "logs.corrupt-7.db", {"line 2", "line 4"});
    CHECK_FALSE(areSound(folder, 4));
    CHECK_FALSE(areSound(folder, 4, 1));
}

TEST_CASE("checkers: a line that is none of the load's, and a file that cannot be read, are told") {
    const TemporaryDirectory folder;
    makeLogs(folder / "logs.db", {"line 1", "lines 2"});
    CHECK_FALSE(areSound(folder, 2, 2));
    const TemporaryDirectory other;
    makeLogs(other / "logs.db", {"line 1"});
    executeRaw(other / "logs.db", "ALTER TABLE logs RENAME COLUMN message TO text");
    CHECK_FALSE(areSound(other, 1, 1));
}

TEST_CASE("checkers: samples are told apart by their values") {
    const TemporaryDirectory folder;
    TestMetricStore store(folder / "metrics.db");
    const int64_t series = store.addSeries("load", "", wire::MetricType::Gauge);
    store.addSample(series, 1, 1.0);
    store.addSample(series, 2, 2.0);
    CHECK(complaintsAbout(storedSamples(folder.path(), "load"), 2, 0).empty());
    store.addSample(series, 3, 2.0);
    CHECK_FALSE(complaintsAbout(storedSamples(folder.path(), "load"), 2, 0).empty());
}

// Numbers 1 to 100, one every hundredth of a reader's time, with a reader from long before.
class Hundred {
  public:
    Hundred() {
        account.readerCame(0 + kDying);
        for (uint64_t number = 1; number <= 100; ++number) {
            account.wrote(number, number, timeOf(number));
        }
    }
    static int64_t timeOf(uint64_t number) {
        return 100'000 + static_cast<int64_t>(number) * kReadWithinMs / 10;
    }
    static constexpr int64_t kDying = 100;
    RingAccount account;
};

TEST_CASE("checkers: a sound number that stayed in its ring is owed") {
    const Hundred hundred;
    CHECK(hundred.account.countOwed() == 100);
    CHECK(hundred.account.owedIn(7, 9).count == 3);
    CHECK(hundred.account.owedIn(7, 9).first == 7);
    CHECK(hundred.account.owedIn(101, 200).count == 0);  // nothing was written there
}

TEST_CASE("checkers: what damage costs is owed by nobody, nor what was written soon behind it") {
    Hundred hundred;
    hundred.account.damagedContent(20);
    hundred.account.damagedHeader(50);
    CHECK(hundred.account.countOwed() == 100 - 1 - 11);
    CHECK(hundred.account.owedIn(50, 60).count == 0);
    CHECK(hundred.account.owedIn(50, 61).first == 61);
    CHECK(hundred.account.told(61) == "written with 61..61, 20 changed, 50 damaged");
    // A gap must come by the damage.
    CHECK(hundred.account.owedIn(49, 50).first == 49);
    CHECK(hundred.account.owedIn(51, 52).count == 2);
}

TEST_CASE("checkers: what was gone early is owed by nobody") {
    Hundred hundred;
    hundred.account.gone(30, Hundred::timeOf(35));
    CHECK(hundred.account.owedIn(1, 25).count == 25);
    CHECK(hundred.account.owedIn(26, 30).count == 0);
    CHECK(hundred.account.owedIn(31, 31).count == 1);
}

TEST_CASE("checkers: what was written around the death of a reader is owed by nobody") {
    Hundred hundred;
    hundred.account.readerLeft(Hundred::timeOf(30));
    hundred.account.readerCame(Hundred::timeOf(30) + 1);  // the last breath of the dead one
    hundred.account.readerCame(Hundred::timeOf(40));
    CHECK(hundred.account.owedIn(1, 19).count == 19);
    CHECK(hundred.account.owedIn(20, 60).count == 0);
    CHECK(hundred.account.owedIn(61, 100).count == 40);
    CHECK(RingAccount().countOwed() == 0);
}

}  // namespace
}  // namespace evd::test
