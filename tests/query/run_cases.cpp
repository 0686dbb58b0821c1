// Runs case files: builds the databases of each in a temporary folder, asks every question of the
// real engine and compares the answer, line by line. Prints each difference and a closing count.

#include "common/base/text.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/query/case_file.h"
#include "tests/query/engine_answers.h"
#include "tests/support/event_shards.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace evd::test {

namespace {

void printLines(const char* title, const std::vector<std::string>& lines) {
    std::printf("  %s:\n", title);
    for (const std::string& line : lines) {
        std::printf("    %s\n", line.c_str());
    }
}

// The number of cases that failed; -1 when the file cannot be used.
int runFile(const char* path, size_t& case_count) {
    std::ifstream input(path);
    const std::string text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
    const auto file = parseCaseFile(text);
    if (!input || !file) {
        std::printf("%s: %s\n", path, file ? "cannot be read" : file.error().text.c_str());
        return -1;
    }
    const TemporaryDirectory folder;
    const TemporaryDirectory log_folder;
    std::vector<std::unique_ptr<TestShard>> shards;
    for (const CaseShard& shard : file.value().shards) {
        shards.push_back(std::make_unique<TestShard>(folder / shard.name, shard.types));
        shards.back()->insert(shard.events);
    }
    std::vector<std::unique_ptr<TestLogStore>> log_stores;
    for (const CaseLogStore& store : file.value().log_stores) {
        log_stores.push_back(
            std::make_unique<TestLogStore>(log_folder / store.name, store.origins));
        log_stores.back()->insert(store.logs);
    }
    const TemporaryDirectory metric_folder;  // beside the shards it would be one
    std::vector<std::unique_ptr<TestMetricStore>> metric_stores;
    for (const CaseMetricStore& store : file.value().metric_stores) {
        metric_stores.push_back(std::make_unique<TestMetricStore>(metric_folder / store.name));
        fillStore(store, *metric_stores.back());
    }
    const FakeClock clock(file.value().now_ns);
    queryd::CountingSignal signal;
    queryd::EngineConfig config;
    config.event_store_path = folder.path();
    config.log_store_path = log_folder / "logs.db";
    config.metric_store_path =
        metric_stores.empty() ? "" : metric_folder / file.value().metric_stores.front().name;
    const auto engine = queryd::makeQueryEngine(config, clock, signal);
    int failed = 0;
    for (const Case& one : file.value().cases) {
        const auto lines = ask(*engine, one.query);
        ++case_count;
        if (lines != one.expected) {
            std::printf("%s:%zu: %s\n", path, one.line, one.name.c_str());
            printLines("expected", one.expected);
            printLines("answered", lines);
            ++failed;
        }
    }
    return failed;
}

}  // namespace

}  // namespace evd::test

int main(int count, char** arguments) {
    size_t case_count = 0;
    int failed = 0;
    for (int i = 1; i < count; ++i) {
        const int in_file = evd::test::runFile(arguments[i], case_count);
        failed += in_file < 0 ? 1 : in_file;
    }
    std::printf("%zu cases, %d failed\n", case_count, failed);
    return failed == 0 && case_count > 0 ? 0 : 1;
}
