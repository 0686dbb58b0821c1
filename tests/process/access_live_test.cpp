// Three Unix users and what comes to them while it happens, and by the cursor of the event store:
// streams over both sockets, pages and subscriptions (Spec §9.2). Who they are and what is stored
// is in tests/support/access_questions.h.

#include "common/base/text.h"
#include "queryd/client/event_store_client_service.h"
#include "queryd/client/rpc_client_service.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/other_user.h"
#include "tests/support/raw_query.h"
#include "tests/support/three_users.h"
#include "tests/support/viewed_group.h"

#include <doctest/doctest.h>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace test = evd::test;
namespace queryd = evd::queryd;
namespace wire = evd::wire;
using evd::base::cat;
using test::addHidden;
using test::groupWithRecords;
using test::isSkipped;
using test::kHidden;
using test::kNoEvents;
using test::kOneType;
using test::kPart;
using test::kRoot;
using test::policyText;
using test::summaryOf;
using test::ViewedGroup;

namespace {

constexpr uid_t kUsers[] = {kOneType, kPart, kNoEvents};

constexpr int kMessageMs = 10'000;
constexpr uint32_t kLotMs = 20;
constexpr int kEmptyLotsMax = 500;
constexpr int kPagesMax = 1000;

// A live question of one user, past its initial result.
class LiveQuestion {
  public:
    LiveQuestion(const ViewedGroup& group, uid_t uid, const std::string& question)
        : connection_(test::connectAs(uid, group.queryPath())) {
        REQUIRE(connection_.connected());
        REQUIRE(connection_.send(question, {"watch"}));
        while (true) {
            const auto message = connection_.receive(kMessageMs);
            REQUIRE(message.has_value());
            REQUIRE(message->error == "");
            if (message->status == "watch") {
                return;
            }
            initial_ += summaryOf(test::recordsOf(message->body), "");
        }
    }

    const std::string& initial() const { return initial_; }
    // The next message there is, whole; "" when none comes in that time.
    std::string next(int timeout_ms = kMessageMs) {
        const auto message = connection_.receive(timeout_ms);
        return message ? summaryOf(test::recordsOf(message->body), message->error) : "";
    }

  private:
    test::RawQuery connection_;
    std::string initial_;
};

}  // namespace

TEST_CASE("access: a stream brings what may be seen, and follows a changed policy") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    LiveQuestion one_type(*group, kOneType, "EVENTS STREAM SELECT n, secret");
    LiveQuestion part(*group, kPart, "EVENTS STREAM SELECT n, secret, cpu_id");
    LiveQuestion nothing(*group, kNoEvents, "EVENTS STREAM");
    LiveQuestion shop(*group, kPart, "LOGS STREAM SELECT message");
    LiveQuestion crossed(*group, kPart,
                         "EVENTS SINCE 1h ago WHERE LOG acc.quiet EXISTS STREAM SELECT n");
    CHECK(one_type.initial() == R"({"n":2,"secret":8} {"n":1,"secret":7} )");
    CHECK(part.initial() == R"({"n":4} {"n":3} )");
    CHECK(nothing.initial() == "");
    CHECK(shop.initial() == R"({"message":"till broken"} {"message":"sold apples"} )");
    CHECK(crossed.initial() == "");

    // The first message that comes is of the first visible record: hidden ones made none.
    addHidden(*group);
    REQUIRE(group->emit("acc.part", R"({"n": 6, "secret": 9})"));
    REQUIRE(group->emit("acc.open", R"({"n": 7, "secret": 9})"));
    CHECK(one_type.next() == R"({"n":7,"secret":9} )");
    CHECK(part.next() == R"({"n":6} )");
    REQUIRE(group->log("acc.quiet", "psst pears"));
    REQUIRE(group->log("acc.shop", "sold pears"));
    CHECK(shop.next() == R"({"message":"sold pears"} )");

    // From acc.open to acc.dark: the running question goes by it from the next batch on.
    group->changePolicy(policyText("acc.dark"));
    REQUIRE(group->waitForAnswer(kOneType, "EVENTS acc.open COUNT", R"({"count":0} )"));
    REQUIRE(group->emit("acc.open", R"({"n": 8, "secret": 9})"));
    REQUIRE(group->emit("acc.dark", R"({"n": 9, "secret": 9})"));
    REQUIRE(group->emit("acc.part", R"({"n": 10, "secret": 9})"));
    CHECK(one_type.next() == R"({"n":9,"secret":9} )");
    CHECK(part.next() == R"({"n":10} )");

    // All of these were committed before what has come.
    CHECK(nothing.next(kLotMs) == "");
    CHECK(crossed.next(kLotMs) == "");
    CHECK(one_type.next(kLotMs) == "");
    CHECK(group->stop() == 0);
}

namespace {

// Emits when the initial result is there, and ends the question with the first record after it.
class LiveReader final : public queryd::AnswerReader {
  public:
    explicit LiveReader(ViewedGroup& group) : group_(group) {}

    evd::base::Result<void> record(std::span<const uint8_t> msgpack_map) override {
        lines.push_back(test::jsonOfMsgpack(msgpack_map));
        return is_live_ ? evd::base::Result<void>(
                              evd::base::fail(evd::base::ErrorKind::Gone, "seen enough"))
                        : evd::base::Result<void>();
    }
    evd::base::Result<void> initialComplete() override {
        is_live_ = true;
        CHECK(group_.emitMany("acc.dark", R"({"n": 20})", kHidden));
        CHECK(group_.emit("acc.part", R"({"n": 21, "secret": 9})"));
        CHECK(group_.emit("acc.open", R"({"n": 22, "secret": 9})"));
        return {};
    }
    evd::base::Result<void> burstComplete() override { return {}; }

    std::vector<std::string> lines;

  private:
    ViewedGroup& group_;
    bool is_live_ = false;
};

std::string liveOverRpc(ViewedGroup& group, uid_t uid) {
    LiveReader reader(group);
    auto rpc = queryd::makeRpcClient(test::connectAs(uid, group.rpcPath()));
    REQUIRE(rpc.ok());
    const auto ended = rpc.value()->ask("EVENTS SORT n TAKE 1 STREAM SELECT n, secret", {}, reader);
    REQUIRE_FALSE(ended.ok());
    CHECK(ended.error().text == "seen enough");
    return summaryOf(reader.lines, "");
}

}  // namespace

TEST_CASE("access: a stream over the rpc socket brings what may be seen") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    CHECK(liveOverRpc(*group, kOneType) == R"({"n":1,"secret":7} {"n":22,"secret":9} )");
    CHECK(liveOverRpc(*group, kPart) == R"({"n":3} {"n":21} )");
    CHECK(group->stop() == 0);
}

namespace {

std::unique_ptr<queryd::EventStoreClient> storeClientOf(const ViewedGroup& group, uid_t uid) {
    return queryd::makeEventStoreClient(test::connectAs(uid, group.rpcPath())).value();
}

// Everything behind cursor 0 in pages of that size; `cursor` is where it ended.
std::vector<wire::StoredEvent> readAll(const ViewedGroup& group, uid_t uid, uint32_t limit,
                                       int64_t& cursor) {
    const auto client = storeClientOf(group, uid);
    std::vector<wire::StoredEvent> all;
    cursor = 0;
    for (int pages = 0; pages < kPagesMax; ++pages) {
        const auto page = client->readFrom(cursor, limit);
        REQUIRE(page.ok());
        CHECK(page.value().events.size() <= limit);
        CHECK(page.value().next >= cursor);
        all.insert(all.end(), page.value().events.begin(), page.value().events.end());
        cursor = page.value().next;
        if (page.value().complete) {
            return all;
        }
    }
    FAIL("the pages do not end");
    return all;
}

std::string namesOf(const std::vector<wire::StoredEvent>& events) {
    std::string names;
    for (const wire::StoredEvent& event : events) {
        names += cat(event.type, " ", test::jsonOfMsgpack(*event.payload), " ");
    }
    return names;
}

// Follows from the cursor; calls `then` when nothing more is there, and ends with `count` events
// that came after it, or with the patience. Answers the events that came after `then`.
std::vector<wire::StoredEvent> followFor(const ViewedGroup& group, uid_t uid, int64_t cursor,
                                         size_t count, int empty_lots_max,
                                         const std::function<void()>& then) {
    std::vector<wire::StoredEvent> followed;
    int empty_lots = 0;
    const auto ended = storeClientOf(group, uid)
                           ->follow(
                               cursor,
                               [&](const std::vector<wire::StoredEvent>& events) {
                                   followed.insert(followed.end(), events.begin(), events.end());
                                   if (events.empty() && empty_lots++ == 0) {
                                       then();
                                   }
                                   return followed.size() < count && empty_lots < empty_lots_max;
                               },
                               kLotMs);
    CHECK(ended.ok());
    return followed;
}

}  // namespace

TEST_CASE("access: by the event store's cursor hidden events are passed over") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    int64_t root_cursor = 0;
    const auto stored = readAll(*group, kRoot, 1000, root_cursor);
    int64_t last_id = 0;
    for (const wire::StoredEvent& event : stored) {
        last_id = event.type == "acc.dark" ? event.id : last_id;
    }
    REQUIRE(last_id > 0);
    const std::string seen_by[] = {
        R"(acc.open {"n":1,"secret":7,"who":"eve"} acc.open {"n":2,"secret":8,"who":"bob"} )",
        R"(acc.part {"n":3} acc.part {"n":4} )", ""};
    for (size_t i = 0; i < std::size(kUsers); ++i) {
        CAPTURE(kUsers[i]);
        for (const uint32_t limit : {1U, 1000U}) {
            int64_t cursor = 0;
            CHECK(namesOf(readAll(*group, kUsers[i], limit, cursor)) == seen_by[i]);
            CHECK(cursor >= last_id);
        }
    }
    int64_t cursor = 0;
    for (const wire::StoredEvent& event : readAll(*group, kPart, 1000, cursor)) {
        CHECK(event.timestamp_ns > 0);
        CHECK_FALSE(event.cpu.has_value());
        CHECK_FALSE(event.process.has_value());
        CHECK(event.sequence.value_or(0) == 0);
        CHECK(event.boot == evd::base::Guid{});
    }
    // By cpu and number only who sees these.
    const queryd::CpuPlace first_cpu;
    const auto of_cpu = [&](uid_t uid) {
        const auto page = storeClientOf(*group, uid)->readStream(first_cpu, 1000);
        REQUIRE(page.ok());
        return namesOf(page.value().events);
    };
    CHECK(of_cpu(kRoot).find("acc.dark") != std::string::npos);
    CHECK(of_cpu(kOneType) == seen_by[0]);
    CHECK(of_cpu(kPart) == "");
    CHECK(of_cpu(kNoEvents) == "");
    CHECK(group->stop() == 0);
}

TEST_CASE("access: a subscription to the event store never brings a hidden event") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    const auto emitAll = [&](const std::string& n) {
        REQUIRE(group->emitMany("acc.dark", cat(R"({"n": )", n, "}"), kHidden));
        REQUIRE(group->emit("acc.part", cat(R"({"n": )", n, R"(, "secret": 9})")));
        REQUIRE(group->emit("acc.open", cat(R"({"n": )", n, "}")));
    };
    CHECK(namesOf(followFor(*group, kOneType, 0, 3, kEmptyLotsMax, [&] { emitAll("11"); })) ==
          R"(acc.open {"n":1,"secret":7,"who":"eve"} acc.open {"n":2,"secret":8,"who":"bob"} )"
          R"(acc.open {"n":11} )");
    int64_t cursor = 0;
    (void)readAll(*group, kPart, 1000, cursor);
    CHECK(namesOf(followFor(*group, kPart, cursor, 1, kEmptyLotsMax, [&] { emitAll("12"); })) ==
          R"(acc.part {"n":12} )");
    // Who sees nothing waits for nothing, though all of it is stored.
    CHECK(followFor(*group, kNoEvents, 0, 1, 3, [&] {
              emitAll("13");
              REQUIRE(group->waitForAnswer(kRoot, "EVENTS acc.* WHERE n == 13 COUNT",
                                           cat(R"({"count":)", kHidden + 2, "} ")));
          }).empty());
    // A changed policy holds for what comes next.
    (void)readAll(*group, kOneType, 1000, cursor);
    CHECK(namesOf(followFor(*group, kOneType, cursor, 1, kEmptyLotsMax, [&] {
              group->changePolicy(policyText("acc.dark"));
              REQUIRE(group->waitForAnswer(kOneType, "EVENTS acc.open COUNT", R"({"count":0} )"));
              REQUIRE(group->emit("acc.open", R"({"n": 14})"));
              REQUIRE(group->emit("acc.dark", R"({"n": 15})"));
          })) == R"(acc.dark {"n":15} )");
    CHECK(group->stop() == 0);
}
