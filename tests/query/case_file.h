#pragma once

#include "common/base/result.h"
#include "tests/query/metric_rows.h"
#include "tests/support/event_shards.h"
#include "tests/support/log_store.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::test {

// One shard database of a case file.
struct CaseShard {
    std::string name;
    TestShard::Types types = TestShard::Types::Listed;
    std::vector<TestEvent> events;
};

// One log database of a case file.
struct CaseLogStore {
    std::string name;
    TestLogStore::Origins origins = TestLogStore::Origins::Listed;
    std::vector<TestLog> logs;
};

// One question and what it must be answered with: lines of jsonl, or one line `error: ...`.
struct Case {
    std::string name;
    size_t line = 0;
    std::string query;
    std::vector<std::string> expected;
};

struct CaseFile {
    int64_t now_ns = 0;
    std::vector<CaseShard> shards;
    std::vector<CaseLogStore> log_stores;
    std::vector<CaseMetricStore> metric_stores;
    std::vector<Case> cases;
};

// Reads a case file (docs/testing.md):
//
//     # a comment
//     now 2026-01-02T00:00:00                         optional
//     shard shard-0000.db [untyped]                   untyped: without its list of event types
//     1 @+10s kacs.check cpu=0 seq=5 class=2 proc=7 {"granted": 3}
//     logs logs.db [unlisted]                         unlisted: without its list of origins
//     1 @+10s sshd error job=7 "Connection reset"
//
//     case: what is proved, in words
//     EVENTS WHERE granted == 3 SELECT granted        one line or several
//     ---
//     {"granted":3}
//
// A row is its id, its time (@ns, or @+seconds after 2026-01-01), its type, header fields (cpu,
// seq, class as numbers; proc, eff, true, boot as the number in a GUID) and the payload as json in
// the conventions of msgpack_json.h. Fields that are not written are NULL; boot is 1.
// A row of logs is its id, its time, its origin, `error` for stderr, boot and job as the number in
// a GUID, and the message as a json text. Log databases are logs.db and quarantined ones beside it.
// Metric stores are described in metric_rows.h.
base::Result<CaseFile> parseCaseFile(std::string_view text);

}  // namespace evd::test
