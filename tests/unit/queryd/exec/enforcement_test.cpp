// Who sees what of every form of question (Spec §9.2, Ruling A2 to A5): one that sees everything,
// one that sees nothing, one that sees one type, one that sees three fields of another.

#include "common/base/text.h"
#include "common/base/thread.h"
#include "common/wire/stored_event.h"
#include "queryd/exec/explanation.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/access_policies.h"
#include "tests/support/event_shards.h"
#include "tests/support/fake_clock.h"
#include "tests/support/log_store.h"
#include "tests/support/metric_store.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_sequence.h"
#include "tests/unit/queryd/exec/event_list.h"

#include <doctest/doctest.h>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace evd::queryd {

namespace {

using access::ObjectKind;
using access::SecurityPolicy;
using test::callerWithUid;
using test::EventList;
using test::Grants;
using test::policyOf;
using test::RecordList;

constexpr uid_t kRoot = 0;
constexpr uid_t kNothing = 1001;
constexpr uid_t kOneType = 1002;
constexpr uid_t kFields = 1003;
constexpr const char* kRefused =
    "error: the answer may not be sorted, grouped or computed by X, because not all records in "
    "question show it to you";

SecurityPolicy threeViewers() {
    const std::string nobody = Grants().sddl();
    return test::joined(
        {policyOf(ObjectKind::Events,
                  {{"*", nobody},
                   {"a", Grants().all(kOneType).sddl()},
                   {"b", Grants().fields(kFields, {"timestamp", "event_type", "user"}).sddl()}}),
         policyOf(ObjectKind::Logs,
                  {{"*", nobody},
                   {"one", Grants().all(kOneType).sddl()},
                   {"two", Grants().fields(kFields, {"timestamp", "origin", "is_error"}).sddl()}}),
         policyOf(ObjectKind::Metrics,
                  {{"*", nobody},
                   {"cpu", Grants().all(kOneType).sddl()},
                   {"disk", Grants().fields(kFields, {"name", "value", "device"}).sddl()}})});
}

test::TestEvent eventOf(int64_t id, std::string_view type, std::string_view payload) {
    test::TestEvent event;
    event.id = id;
    event.timestamp = id * 1000;
    event.type = type;
    event.cpu = id % 2;
    event.sequence = id;
    event.origin_class = 1;
    event.boot = test::guidOf(7);
    event.payload = test::msgpackOfJson(payload).value();
    return event;
}

test::TestLog logOf(int64_t id, std::string_view origin, std::string_view message) {
    test::TestLog log;
    log.id = id;
    log.timestamp = id * 1000;
    log.origin = origin;
    log.is_error = id % 2 == 0;
    log.message = message;
    return log;
}

struct Machine {
    Machine() {
        policy.install(threeViewers());
        events.insert(eventOf(1, "a", R"({"n": 1})"));
        events.insert(eventOf(2, "a", R"({"n": 2})"));
        events.insert(eventOf(3, "b", R"({"user": "eve", "secret": 7})"));
        events.insert(eventOf(4, "b", R"({"user": "bob", "secret": 8})"));
        events.insert(eventOf(5, "c", R"({"n": 3})"));
        logs.insert(logOf(1, "one", "first"));
        logs.insert(logOf(2, "one", "second"));
        logs.insert(logOf(3, "two", "third"));
        logs.insert(logOf(4, "two", "fourth"));
        using Type = wire::MetricType;
        metrics.addSample(metrics.addSeries("cpu.load", "core=0", Type::Gauge), 1000, 1);
        metrics.addSample(metrics.addSeries("disk.free", "device=x,mount=y", Type::Gauge), 2000, 2);
        metrics.addSample(metrics.addSeries("net.in", "", Type::Gauge), 3000, 3);
        EngineConfig config;
        config.event_store_path = folder.path();
        config.log_store_path = others / "logs.db";
        config.metric_store_path = others / "metrics.db";
        config.access = &policy;
        engine = makeQueryEngine(config, clock, signal, &sequence);
        sequence.settle(sequence.reserve(5));
    }

    // A page of the global sequence, from the beginning.
    std::vector<wire::StoredEvent> page(EventQuestion question, uid_t uid) {
        question.end = std::make_shared<EventPageEnd>();
        EventList list;
        RunOptions options;
        options.caller = callerWithUid(uid);
        REQUIRE(engine->readEvents(question, options, list).ok());
        end = *question.end;
        return list.events();
    }

    // The lines, one after the other; X stands for the field that a refusal names.
    std::string ask(std::string_view text, uid_t uid) {
        auto prepared = engine->prepare(text);
        REQUIRE_MESSAGE(prepared.ok(), text);
        RecordList records;
        RunOptions options;
        options.caller = callerWithUid(uid);
        const auto done = engine->run(*prepared.value(), options, records);
        if (!done) {
            return "error: " + done.error().text;
        }
        std::string lines;
        for (const std::string& line : records.lines()) {
            lines += line + " ";
        }
        return lines;
    }

    test::TemporaryDirectory folder;
    test::TemporaryDirectory others;
    test::FakeClock clock{10 * base::kNsPerSecond};
    CountingSignal signal;
    ReferenceChecker checker;
    AccessPolicy policy{checker};
    test::TestShard events{folder / "shard-0000.db"};
    test::TestLogStore logs{others / "logs.db"};
    test::TestMetricStore metrics{others / "metrics.db"};
    test::TestSequence sequence;
    std::unique_ptr<QueryEngine> engine;
    EventPageEnd end;
};

struct Row {
    const char* question;
    const char* everything;
    const char* nothing;
    const char* one_type;
    const char* fields;  // nullptr: refused
    const char* refused = "";
};

std::string refusal(std::string_view field) {
    std::string text = kRefused;
    return text.replace(text.find('X'), 1, field);
}

void check(const std::vector<Row>& rows) {
    Machine machine;
    for (const Row& row : rows) {
        CAPTURE(row.question);
        CHECK(machine.ask(row.question, kRoot) == row.everything);
        CHECK(machine.ask(row.question, kNothing) == row.nothing);
        CHECK(machine.ask(row.question, kOneType) == row.one_type);
        CHECK(machine.ask(row.question, kFields) ==
              (row.fields == nullptr ? refusal(row.refused) : row.fields));
    }
}

}  // namespace

TEST_CASE("enforcement: records and fields of events (A2, A5)") {
    check({
        {"EVENTS SELECT n, user, secret",
         R"({"n":3} {"secret":8,"user":"bob"} {"secret":7,"user":"eve"} {"n":2} {"n":1} )", "",
         R"({"n":2} {"n":1} )", R"({"user":"bob"} {"user":"eve"} )"},
        {"EVENTS b TAKE 1",
         R"({"boot_id":"{00000007-0000-0000-0000-000000000000}","cpu_id":0,"effective_token_guid":null,"event_type":"b","origin_class":1,"process_guid":null,"secret":8,"sequence":4,"timestamp":4000,"true_token_guid":null,"user":"bob"} )",
         "", "", R"({"event_type":"b","timestamp":4000,"user":"bob"} )"},
        {"EVENTS WHERE secret == 7 SELECT user", R"({"user":"eve"} )", "", "", ""},
        {"EVENTS b WHERE secret IS NULL SELECT user", "", "", "",
         R"({"user":"bob"} {"user":"eve"} )"},
        {"EVENTS b WHERE NOT (secret > 0) SELECT user", "", "", "",
         R"({"user":"bob"} {"user":"eve"} )"},
        {"EVENTS b WHERE cpu_id == 1 SELECT user", R"({"user":"eve"} )", "", "", ""},
        {"EVENTS b WHERE cpu_id IS NULL SELECT user", "", "", "",
         R"({"user":"bob"} {"user":"eve"} )"},
        {"EVENTS b WHERE user MATCHES \"^e\" SELECT secret, user", R"({"secret":7,"user":"eve"} )",
         "", "", R"({"user":"eve"} )"},
        {"EVENTS b WHERE timestamp > 3500 SELECT user", R"({"user":"bob"} )", "", "",
         R"({"user":"bob"} )"},
        {"EVENTS SINCE 1h ago WHERE LOG two EXISTS SELECT event_type",
         R"({"event_type":"c"} {"event_type":"b"} {"event_type":"b"} {"event_type":"a"} {"event_type":"a"} )",
         "", "", R"({"event_type":"b"} {"event_type":"b"} )"},
        {"EVENTS a SINCE 1h ago WHERE LOG two CONTAINING third EXISTS SELECT n",
         R"({"n":2} {"n":1} )", "", "", ""},
        {"EVENTS b SINCE 1h ago WHERE LOG two CONTAINING third EXISTS SELECT user",
         R"({"user":"bob"} {"user":"eve"} )", "", "", ""},
    });
}

TEST_CASE("enforcement: what is made of events (A4)") {
    check({
        {"EVENTS COUNT", R"({"count":5} )", R"({"count":0} )", R"({"count":2} )",
         R"({"count":2} )"},
        {"EVENTS b COUNT", R"({"count":2} )", R"({"count":0} )", R"({"count":0} )",
         R"({"count":2} )"},
        {"EVENTS COUNT BY event_type",
         R"({"count":2,"event_type":"a"} {"count":2,"event_type":"b"} {"count":1,"event_type":"c"} )",
         "", R"({"count":2,"event_type":"a"} )", R"({"count":2,"event_type":"b"} )"},
        {"EVENTS DISTINCT event_type",
         R"({"event_type":"a"} {"event_type":"b"} {"event_type":"c"} )", "",
         R"({"event_type":"a"} )", R"({"event_type":"b"} )"},
        {"EVENTS TOP 1 BY cpu_id", R"({"count":3,"cpu_id":1} )", "", R"({"count":1,"cpu_id":0} )",
         nullptr, "cpu_id"},
        {"EVENTS b DISTINCT secret", R"({"secret":7} {"secret":8} )", "", "", nullptr, "secret"},
        {"EVENTS b GROUP user SUM secret", R"({"sum":8,"user":"bob"} {"sum":7,"user":"eve"} )", "",
         "", nullptr, "secret"},
        {"EVENTS SORT secret SELECT user", R"({} {} {} {"user":"eve"} {"user":"bob"} )", "",
         "{} {} ", nullptr, "secret"},
        {"EVENTS COUNT OVER 1m", R"({"bucket":0,"count":5} )", "", R"({"bucket":0,"count":2} )",
         R"({"bucket":0,"count":2} )"},
        {"EVENTS SORT timestamp TAKE 1 SELECT event_type", R"({"event_type":"a"} )", "",
         R"({"event_type":"a"} )", R"({"event_type":"b"} )"},
        // A type that is not in question does not matter.
        {"EVENTS a DISTINCT n", R"({"n":1} {"n":2} )", "", R"({"n":1} {"n":2} )", ""},
    });
}

TEST_CASE("enforcement: log lines, with what is around them") {
    check({
        {"LOGS SELECT message, is_error",
         R"({"is_error":true,"message":"fourth"} {"is_error":false,"message":"third"} {"is_error":true,"message":"second"} {"is_error":false,"message":"first"} )",
         "", R"({"is_error":true,"message":"second"} {"is_error":false,"message":"first"} )",
         R"({"is_error":true} {"is_error":false} )"},
        {"LOGS CONTAINING third SELECT origin", R"({"origin":"two"} )", "", "", ""},
        {"LOGS ERROR ONLY SELECT origin", R"({"origin":"two"} {"origin":"one"} )", "",
         R"({"origin":"one"} )", R"({"origin":"two"} )"},
        {"LOGS FROM two ERROR ONLY WITH CONTEXT 1 SELECT message, timestamp",
         R"({"message":"fourth","timestamp":4000} {"message":"third","timestamp":3000} )", "", "",
         R"({"timestamp":4000} {"timestamp":3000} )"},
        {"LOGS WHERE job_id IS NULL COUNT", R"({"count":4} )", R"({"count":0} )", R"({"count":2} )",
         R"({"count":2} )"},
        {"LOGS COUNT BY origin", R"({"count":2,"origin":"one"} {"count":2,"origin":"two"} )", "",
         R"({"count":2,"origin":"one"} )", R"({"count":2,"origin":"two"} )"},
        {"LOGS DISTINCT message",
         R"({"message":"first"} {"message":"fourth"} {"message":"second"} {"message":"third"} )",
         "", R"({"message":"first"} {"message":"second"} )", nullptr, "message"},
    });
}

TEST_CASE("enforcement: metrics, their series and labels") {
    check({
        {"METRIC *[]",
         R"({"core":"0","name":"cpu.load","timestamp":1000,"value":1.0} {"device":"x","mount":"y","name":"disk.free","timestamp":2000,"value":2.0} {"name":"net.in","timestamp":3000,"value":3.0} )",
         "", R"({"core":"0","name":"cpu.load","timestamp":1000,"value":1.0} )",
         R"({"device":"x","name":"disk.free","value":2.0} )"},
        {"METRIC disk.free[mount=y]",
         R"({"device":"x","mount":"y","name":"disk.free","timestamp":2000,"value":2.0} )", "", "",
         ""},
        {"METRIC disk.free[device=x] SELECT value", R"({"value":2.0} )", "", "",
         R"({"value":2.0} )"},
        {"METRIC *[] SORT mount SELECT name",
         R"({"name":"cpu.load"} {"name":"net.in"} {"name":"disk.free"} )", "",
         R"({"name":"cpu.load"} )", nullptr, "mount"},
        {"METRIC disk.free", R"({"name":"disk.free","timestamp":2000,"value":2.0} )", "", "",
         nullptr, "timestamp"},
        {"METRIC * MAX", R"({"name":"*","timestamp":3000,"value":3.0} )", "",
         R"({"name":"cpu.load","timestamp":1000,"value":1.0} )", nullptr, "timestamp"},
        {"METRIC *[] WHERE timestamp > 0 SELECT name",
         R"({"name":"cpu.load"} {"name":"disk.free"} {"name":"net.in"} )", "",
         R"({"name":"cpu.load"} )", ""},
        {"EVENTS a SINCE 1h ago WHERE METRIC cpu.load < 2 SELECT n", R"({"n":2} {"n":1} )", "",
         R"({"n":2} {"n":1} )", ""},
    });
}

TEST_CASE("enforcement: a condition on another store that may not be seen finds nothing (§9.2)") {
    Machine machine;
    CHECK(machine.ask("EVENTS a SINCE 1h ago WHERE LOG one EXISTS COUNT", kOneType) ==
          R"({"count":2} )");
    CHECK(machine.ask("EVENTS a SINCE 1h ago WHERE LOG two EXISTS COUNT", kOneType) ==
          R"({"count":0} )");
    CHECK(machine.ask("EVENTS a SINCE 1h ago WHERE NOT (LOG two EXISTS) COUNT", kOneType) ==
          R"({"count":2} )");
    CHECK(machine.ask("EVENTS a SINCE 1h ago WHERE METRIC net.in > 0 COUNT", kOneType) ==
          R"({"count":0} )");
    CHECK(machine.ask("LOGS FROM one SINCE 1h ago WHERE EVENT b EXISTS COUNT", kOneType) ==
          R"({"count":0} )");
    // Where the time is hidden, so is when a metric had its value.
    CHECK(machine.ask("EVENTS b SINCE 1h ago WHERE METRIC disk.free > 0 COUNT", kFields) ==
          R"({"count":0} )");
}

TEST_CASE("enforcement: an explanation tells those who do not see everything of no database") {
    Machine machine;
    const auto stepsFor = [&](uid_t uid) {
        auto prepared = machine.engine->prepare("EVENTS b WHERE secret == 7 COUNT");
        RecordList records;
        RunOptions options;
        options.caller = callerWithUid(uid);
        REQUIRE(explainQuestion(*machine.engine, *prepared.value(), options, machine.clock, records)
                    .ok());
        size_t reads = 0;
        for (const std::string& line : records.lines()) {
            reads += line.find("rows_looked_at") != std::string::npos ? 1 : 0;
        }
        return reads;
    };
    CHECK(stepsFor(kRoot) > 0);
    CHECK(stepsFor(kFields) == 0);
    CHECK(stepsFor(kNothing) == 0);
}

TEST_CASE("enforcement: a stream follows the policy from batch to batch (Spec §9.2)") {
    Machine machine;
    auto prepared = machine.engine->prepare("EVENTS STREAM SELECT n, user, secret");
    RecordList records;
    std::atomic<bool> cancelled{false};
    base::Thread thread("stream", [&] {
        RunOptions options;
        options.caller = callerWithUid(kOneType);
        options.cancelled = &cancelled;
        (void)machine.engine->run(*prepared.value(), options, records);  // Gone
    });
    const auto commit = [&](const test::TestEvent& event) {
        machine.events.insert(event);
        machine.signal.bump();
    };
    records.waitFor(2);
    commit(eventOf(6, "b", R"({"user": "hidden"})"));
    commit(eventOf(7, "a", R"({"n": 7})"));
    records.waitFor(3);
    machine.policy.install(
        policyOf(ObjectKind::Events,
                 {{"*", Grants().sddl()}, {"b", Grants().fields(kOneType, {"user"}).sddl()}}));
    commit(eventOf(8, "a", R"({"n": 8})"));
    commit(eventOf(9, "b", R"({"user": "shown", "secret": 9})"));
    records.waitFor(4);
    machine.policy.install(policyOf(ObjectKind::Events, {{"*", Grants().all(kOneType).sddl()}}));
    commit(eventOf(10, "c", R"({"n": 10, "secret": 1})"));
    records.waitFor(5);
    cancelled = true;
    thread.join();
    CHECK(records.lines() == std::vector<std::string>{R"({"n":2})", R"({"n":1})", R"({"n":7})",
                                                      R"({"user":"shown"})",
                                                      R"({"n":10,"secret":1})"});
    CHECK(records.flushes() == 3);  // what is hidden makes no burst
}

TEST_CASE(
    "enforcement: by the global sequence hidden events are passed over and hidden fields none") {
    Machine machine;
    CHECK(machine.page({}, kRoot).size() == 5);
    CHECK(machine.page({}, kNothing).empty());
    CHECK(machine.end.next_id == 5);  // on behind what is hidden
    CHECK(machine.end.is_complete);
    const auto own = machine.page({}, kOneType);
    REQUIRE(own.size() == 2);
    CHECK(own[1].id == 2);
    CHECK(own[1].sequence == 2);
    const auto fields = machine.page({}, kFields);
    REQUIRE(fields.size() == 2);
    wire::StoredEvent shown;
    shown.id = 3;
    shown.timestamp_ns = 3000;
    shown.type = "b";
    shown.payload = test::msgpackOfJson(R"({"user": "eve"})").value();
    CHECK(fields[0] == shown);
}

// A hidden record of a later moment must not decide what another store is asked for (Spec §8.7).
TEST_CASE("enforcement: a stream's batch is as late as its latest record that may be seen") {
    Machine machine;
    machine.metrics.addSample(/*series=*/1, 20'000, 9);  // before that cpu.load is 1
    auto prepared =
        machine.engine->prepare("EVENTS STREAM SINCE 1h ago WHERE METRIC cpu.load < 5 SELECT n");
    REQUIRE(prepared.ok());
    RecordList records;
    std::atomic<bool> cancelled{false};
    base::Thread thread("stream", [&] {
        RunOptions options;
        options.caller = callerWithUid(kOneType);
        options.cancelled = &cancelled;
        (void)machine.engine->run(*prepared.value(), options, records);  // Gone
    });
    records.waitFor(2);
    machine.events.insert(std::vector<test::TestEvent>{eventOf(10, "a", R"({"n": 10})"),
                                                       eventOf(30, "b", R"({"user": "eve"})")});
    machine.signal.bump();
    records.waitFor(3);
    cancelled = true;
    thread.join();
    CHECK(records.lines().back() == R"({"n":10})");
}

TEST_CASE("enforcement: pages are as full as if hidden events were not there") {
    Machine machine;
    EventQuestion question;
    question.events_max = 1;
    const auto first = machine.page(question, kFields);
    REQUIRE(first.size() == 1);
    CHECK(first[0].id == 3);
    CHECK(machine.end.next_id == 3);
    question.after_id = 4;
    CHECK(machine.page(question, kFields).empty());
    CHECK(machine.end.is_complete);
}

TEST_CASE("enforcement: who may not see cpu and number gets no event by them (A5)") {
    Machine machine;
    EventQuestion question;
    question.cpu = CpuFilter{1, test::guidOf(7), 0};
    CHECK(machine.page(question, kRoot).size() == 3);
    CHECK(machine.end.next_sequence == 5);
    CHECK(machine.page(question, kOneType).size() == 1);
    CHECK(machine.end.next_sequence == 1);
    CHECK(machine.page(question, kFields).empty());
    CHECK(machine.end.next_sequence == 0);
}

}  // namespace evd::queryd
