// Three Unix users and a set of descriptors: what each of them gets out of the running group, by
// every form of question and over both sockets, and what they cannot tell (Spec §9.2). The tables
// are in tests/support/access_questions.h.

#include "common/base/text.h"
#include "queryd/client/event_store_client_service.h"
#include "queryd/client/rpc_client_service.h"
#include "tests/support/access_questions.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/other_user.h"
#include "tests/support/raw_query.h"
#include "tests/support/three_users.h"
#include "tests/support/viewed_group.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

namespace test = evd::test;
namespace queryd = evd::queryd;
namespace wire = evd::wire;
using evd::base::cat;
using test::AccessQuestion;
using test::addHidden;
using test::groupWithRecords;
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
constexpr uint32_t kPatienceMs = 20;
constexpr int kEmptyLotsMax = 500;
constexpr int kPagesMax = 1000;

// Keeps an answer that comes over the rpc socket.
class LineReader final : public queryd::AnswerReader {
  public:
    evd::base::Result<void> record(std::span<const uint8_t> msgpack_map) override {
        lines.push_back(test::jsonOfMsgpack(msgpack_map));
        return {};
    }
    evd::base::Result<void> initialComplete() override { return {}; }
    evd::base::Result<void> burstComplete() override { return {}; }

    std::vector<std::string> lines;
};

std::string askOverRpc(queryd::RpcClient& client, const std::string& question) {
    LineReader reader;
    const auto asked = client.ask(question, {}, reader);
    return summaryOf(reader.lines, asked.ok() ? "" : asked.error().text);
}

std::unique_ptr<queryd::RpcClient> rpcClientOf(const ViewedGroup& group, uid_t uid) {
    auto client = queryd::makeRpcClient(test::connectAs(uid, group.rpcPath()));
    REQUIRE(client.ok());
    return std::move(client).value();
}

const char* expectedOf(const AccessQuestion& row, uid_t uid) {
    return uid == kRoot      ? row.root
           : uid == kOneType ? row.one_type
           : uid == kPart    ? row.part
                             : row.no_events;
}

void checkTable(const ViewedGroup& group, uid_t uid, const std::vector<AccessQuestion>& rows) {
    const auto rpc = rpcClientOf(group, uid);
    for (const AccessQuestion& row : rows) {
        if (expectedOf(row, uid) == nullptr) {
            continue;
        }
        CAPTURE(uid);
        CAPTURE(row.text);
        const std::string expected = expectedOf(row, uid);
        const auto answer = group.ask(uid, row.text);
        CHECK(summaryOf(answer.lines, answer.error) == expected);
        CHECK(askOverRpc(*rpc, row.text) == expected);
    }
}

std::vector<AccessQuestion> allQuestions() {
    std::vector<AccessQuestion> all;
    for (const auto* rows :
         {&test::kEventQuestions, &test::kAggregateQuestions, &test::kLogQuestions,
          &test::kMetricQuestions, &test::kCrossQuestions}) {
        all.insert(all.end(), rows->begin(), rows->end());
    }
    return all;
}

bool isSkipped() {
    if (test::canActAsOthers()) {
        return false;
    }
    MESSAGE("skipped: only root can ask as somebody else");
    return true;
}

}  // namespace

TEST_CASE("access: what each of three users is answered by every form of question") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    for (const uid_t uid : {kRoot, kOneType, kPart, kNoEvents}) {
        checkTable(*group, uid, allQuestions());
    }
    // Whole records, and nothing beyond what may be seen.
    CHECK(group->ask(kOneType, "EVENTS").bytes == group->ask(kRoot, "EVENTS acc.open").bytes);
    CHECK(group->ask(kPart, "EVENTS").lines ==
          group->ask(kRoot, "EVENTS acc.part SELECT timestamp, event_type, n").lines);
    CHECK(group->ask(kNoEvents, "EVENTS").bytes == group->ask(kRoot, "EVENTS acc.none").bytes);
    CHECK(group->ask(kOneType, "LOGS").bytes == group->ask(kRoot, "LOGS FROM none").bytes);
    CHECK(group->ask(kPart, "LOGS").bytes == group->ask(kRoot, "LOGS FROM acc.shop").bytes);
    CHECK(group->ask(kOneType, "METRIC *[]").bytes == group->ask(kRoot, "METRIC none[]").bytes);
    CHECK(group->stop() == 0);
}

namespace {

// The questions that hidden records are no part of: kNoEvents sees all that addHidden() puts into
// the log store.
std::vector<std::string> toldQuestions(uid_t uid) {
    std::vector<std::string> texts;
    for (const AccessQuestion& row : allQuestions()) {
        const std::string text = row.text;
        const bool is_of_logs_alone =
            text.starts_with("LOGS") && text.find("SINCE") == std::string::npos;
        if (uid != kNoEvents || !is_of_logs_alone) {
            texts.push_back(text);
        }
    }
    return texts;
}

// What a user is told in all, byte by byte.
std::vector<std::vector<uint8_t>> everythingTold(const ViewedGroup& group, uid_t uid) {
    std::vector<std::vector<uint8_t>> told;
    for (const std::string& text : toldQuestions(uid)) {
        told.push_back(group.ask(uid, text).bytes);
    }
    return told;
}

// Explanations of the same, without what is of the moment: the time they took, and until now.
std::vector<std::string> everythingExplained(const ViewedGroup& group, uid_t uid) {
    std::vector<std::string> steps;
    for (const std::string& text : toldQuestions(uid)) {
        const auto answer = group.ask(uid, text, {"explain"});
        CHECK(answer.error.empty());
        for (const std::string& line : answer.lines) {
            auto step = nlohmann::json::parse(line);
            step.erase("time_ns");
            if (step.value("text", "").find("before 20") == std::string::npos) {
                steps.push_back(step.dump());
            }
        }
    }
    return steps;
}

size_t readsOf(const std::vector<std::string>& steps) {
    return static_cast<size_t>(std::ranges::count_if(steps, [](const std::string& step) {
        return step.find(R"("database")") != std::string::npos;
    }));
}

}  // namespace

TEST_CASE("access: hidden records change not one byte of an answer or an explanation") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    std::vector<std::vector<std::vector<uint8_t>>> before;
    std::vector<std::vector<std::string>> explained_before;
    for (const uid_t uid : kUsers) {
        before.push_back(everythingTold(*group, uid));
        explained_before.push_back(everythingExplained(*group, uid));
        CHECK(readsOf(explained_before.back()) == 0);
    }
    CHECK(readsOf(everythingExplained(*group, kRoot)) > 0);
    addHidden(*group);
    for (size_t i = 0; i < std::size(kUsers); ++i) {
        CAPTURE(kUsers[i]);
        CHECK(everythingTold(*group, kUsers[i]) == before[i]);
        CHECK(everythingExplained(*group, kUsers[i]) == explained_before[i]);
    }
    CHECK(group->stop() == 0);
}

// An answer of many messages is cut as if only what is visible had been stored.
TEST_CASE("access: hidden records between visible ones do not move the bounds of messages") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    const std::string large = cat(R"({"n": 1, "pad": ")", std::string(1000, 'x'), R"("})");
    for (int round = 0; round < 3; ++round) {
        REQUIRE(group->emitMany("acc.open.bulk", large, 100));
        REQUIRE(group->emitMany("acc.dark", large, kHidden));
    }
    REQUIRE(group->waitForAnswer(kRoot, "EVENTS acc.* WHERE pad IS NOT NULL COUNT",
                                 cat(R"({"count":)", 3 * (100 + kHidden), "} ")));
    for (const std::string clauses : {"", " SORT n", " TAKE 250"}) {
        CAPTURE(clauses);
        const auto all = group->ask(kOneType, "EVENTS" + clauses);
        const auto visible = group->ask(kRoot, "EVENTS acc.open*" + clauses);
        CHECK(visible.messages > 3);
        CHECK(all.messages == visible.messages);
        CHECK(all.bytes == visible.bytes);
    }
    CHECK(group->stop() == 0);
}

TEST_CASE("access: what is for administrators is refused, and the refusal tells nothing") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    for (const uid_t uid : kUsers) {
        CAPTURE(uid);
        const auto refused = group->ask(uid, "EVENTS INDEX secret");
        CHECK_FALSE(refused.error.empty());
        CHECK(refused.lines.empty());
        // A field that is stored nowhere is refused in the same words.
        CHECK(group->ask(uid, "EVENTS INDEX nothing").bytes == refused.bytes);
        const auto status = rpcClientOf(*group, uid)->status();
        REQUIRE_FALSE(status.ok());
        CHECK(status.error().kind == evd::base::ErrorKind::Denied);
        // What a text itself says wrong is told to everybody alike.
        for (const char* wrong : {"EVENTS TAEK 1", "LOGS SELECT who", "METRIC"}) {
            CHECK(group->ask(uid, wrong).bytes == group->ask(kRoot, wrong).bytes);
        }
    }
    CHECK(group->ask(kRoot, "EVENTS INDEX secret").error.empty());
    CHECK(rpcClientOf(*group, kRoot)->status().ok());
    CHECK(group->stop() == 0);
}

namespace {

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
    CHECK(nothing.next(kPatienceMs) == "");
    CHECK(crossed.next(kPatienceMs) == "");
    CHECK(one_type.next(kPatienceMs) == "");
    CHECK(group->stop() == 0);
}

namespace {

std::unique_ptr<queryd::EventStoreClient> storeClientOf(const ViewedGroup& group, uid_t uid) {
    return queryd::makeEventStoreClient(test::connectAs(uid, group.rpcPath()));
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
                               kPatienceMs);
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
    CHECK(group->stop() == 0);
}
