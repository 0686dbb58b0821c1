#pragma once

#include <cstdint>
#include <string>

namespace evd::bench {

// What the questions of the bench are asked about: one shard, one log store and one metric store in
// a folder, as the store makes them.
//
// A thousand events and log lines a second, 20 types or origins, 4,000 process ids, messages of 100
// bytes of which one in a thousand holds the text that is looked for; and 20 h of 250 counters that
// are taken together every 15 s. The same numbers give the same data.
inline constexpr uint64_t kQuestionRowsDefault = 1'000'000;

struct QuestionData {
    std::string folder;
    int64_t end_ns = 0;  // the time behind the last row

    std::string shard() const { return folder + "/shard-0000.db"; }
    std::string logs() const { return folder + "/logs/logs.db"; }
    std::string metrics() const { return folder + "/metrics/metrics.db"; }
};

// Fills the folder, unless it has been filled before; then `rows` is what it was.
QuestionData fillQuestionData(const std::string& folder, uint64_t rows, int64_t now_ns);

// Indexes that the store would make when they are asked for (Spec §3.3): on pid and on event_type.
void addQuestionIndexes(const QuestionData& data);
void dropQuestionIndexes(const QuestionData& data);

// Rollups that the store would compute when they are asked for (Spec §7.4): rates by the minute and
// by the hour.
void addQuestionRollups(const QuestionData& data);
void dropQuestionRollups(const QuestionData& data);

}  // namespace evd::bench
