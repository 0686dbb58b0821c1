// Three Unix users and a set of descriptors: what each of them gets out of the running group, by
// every form of question and over both sockets, and what they cannot tell (Spec §9.2). The tables
// are in tests/support/access_questions.h; access_live_test.cpp has streams and cursors.

#include "common/base/text.h"
#include "queryd/client/rpc_client_service.h"
#include "tests/support/access_questions.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/other_user.h"
#include "tests/support/three_users.h"
#include "tests/support/viewed_group.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

namespace test = evd::test;
namespace queryd = evd::queryd;
using evd::base::cat;
using test::AccessQuestion;
using test::addHidden;
using test::groupWithRecords;
using test::isSkipped;
using test::kHidden;
using test::kNoEvents;
using test::kOneType;
using test::kPart;
using test::kRoot;
using test::summaryOf;
using test::ViewedGroup;

namespace {

constexpr uid_t kUsers[] = {kOneType, kPart, kNoEvents};

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

namespace {

// Visible records in three lots with hidden ones behind each; the texts are long, so that answers
// need several messages.
void addBulk(ViewedGroup& group) {
    const std::string text(1000, 'y');
    const std::string payload = cat(R"({"n": 1, "pad": ")", text, R"("})");
    for (int round = 0; round < 3; ++round) {
        REQUIRE(group.emitMany("acc.open.bulk", payload, 2 * kHidden));
        REQUIRE(group.emitMany("acc.dark", payload, kHidden));
        REQUIRE(group.emitMany("acc.part.bulk", payload, 2 * kHidden));
        for (size_t i = 0; i < 2 * kHidden; ++i) {
            REQUIRE(group.log("acc.shop", text));
            REQUIRE(group.log("acc.noise", text));
        }
    }
    REQUIRE(group.waitForAnswer(kRoot, "EVENTS acc.* WHERE pad IS NOT NULL COUNT",
                                cat(R"({"count":)", 15 * kHidden, "} ")));
    REQUIRE(group.waitForAnswer(kRoot, "LOGS WHERE message STARTS_WITH yyy COUNT",
                                cat(R"({"count":)", 12 * kHidden, "} ")));
}

void checkSameMessages(const ViewedGroup& group, uid_t uid, const std::string& all,
                       const std::string& visible) {
    for (const std::string clauses : {"", " SORT timestamp", " TAKE 250", " SKIP 90 TAKE 205",
                                      " SINCE 1h ago WHERE timestamp > 0"}) {
        CAPTURE(all);
        CAPTURE(clauses);
        const auto answer = group.ask(uid, all + clauses);
        const auto expected = group.ask(kRoot, visible + clauses);
        CHECK(expected.messages > 3);
        CHECK(answer.messages == expected.messages);
        CHECK(answer.bytes == expected.bytes);
    }
}

}  // namespace

// An answer of many messages is cut as if only what is visible had been stored.
TEST_CASE("access: hidden records between visible ones do not move the bounds of messages") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    addBulk(*group);
    checkSameMessages(*group, kOneType, "EVENTS", "EVENTS acc.open*");
    checkSameMessages(*group, kPart, "LOGS", "LOGS FROM acc.shop");
    checkSameMessages(*group, kPart, "LOGS CONTAINING y WITH CONTEXT 2",
                      "LOGS FROM acc.shop CONTAINING y WITH CONTEXT 2");
    // Nor do hidden fields.
    const auto narrow = group->ask(kPart, "EVENTS");
    const auto selected = group->ask(kRoot, "EVENTS acc.part* SELECT timestamp, event_type, n");
    CHECK(narrow.lines.size() > 6 * kHidden);
    CHECK(narrow.lines == selected.lines);
    CHECK(narrow.messages == selected.messages);
    CHECK(narrow.bytes.size() == selected.bytes.size());
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
